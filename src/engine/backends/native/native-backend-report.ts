import '@tensorflow/tfjs-backend-cpu';
import { findBackend, getKernelsForBackend, registerBackend, registerKernel, setBackend } from '@tensorflow/tfjs-core';
import type { BackendReport } from '../backend-report';
import { loadAddon } from './addon';
import { NativeBackend, nativeBackendName } from './native-backend';
import { nativeKernelConfigs } from './tfjs-kernels';

/** Our own backend in C++; reports why it is missing when its addon was not built. */
export function reportNativeBackend(): BackendReport {
  const loaded = loadAddon();
  if ('problem' in loaded) return { id: 'native', available: false, reason: loaded.problem, details: [] };
  const { instructionSet, threads, cores, available, bf16 } = loaded.addon.describe();
  return {
    id: 'native',
    available: true,
    reason: 'Supra\u2019s own C++ kernels: SIMD, threads, fused operations.',
    details: [
      {
        name: 'instruction set',
        value: `${instructionSet} (this processor also runs: ${otherSets(available, instructionSet)})`,
      },
      { name: 'threads', value: `${threads} of ${cores} cores` },
      { name: 'bf16 products', value: bf16 },
    ],
  };
}

function otherSets(available: readonly string[], used: string): string {
  return available.filter(name => name !== used).join(', ') || 'none';
}

/** Makes the native backend the current tfjs backend. */
export async function activateNativeBackend(): Promise<void> {
  const loaded = loadAddon();
  if ('problem' in loaded) throw new Error(loaded.problem);
  if (findBackend(nativeBackendName) === null) {
    registerBackend(nativeBackendName, () => new NativeBackend(loaded.addon));
    for (const config of nativeKernelConfigs(getKernelsForBackend('cpu'))) registerKernel(config);
  }
  if (!(await setBackend(nativeBackendName))) throw new Error('native: tfjs could not start the native backend');
}
