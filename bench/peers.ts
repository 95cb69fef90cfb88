import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Precision } from '../src/engine/ops/bfloat16';
import type { PeerCommand } from './peer';
import type { Shape } from './shapes';
import { torchPython } from './torch-python';

/** Who trains: an engine of ours or a way to run PyTorch, in one number format. */
export interface PeerKind {
  readonly program: 'supra' | 'torch';
  /** The engine of ours, or how PyTorch runs. */
  readonly mode: string;
  readonly precision: Precision;
}

/** Peers by name. Those of PyTorch with `compile` are the bar. */
export const peerKinds: Readonly<Record<string, PeerKind>> = {
  'native-fp32': { program: 'supra', mode: 'native', precision: 'fp32' },
  'native-bf16': { program: 'supra', mode: 'native', precision: 'bf16' },
  'torch-compile-fp32': { program: 'torch', mode: 'compile', precision: 'fp32' },
  'torch-compile-bf16': { program: 'torch', mode: 'compile', precision: 'bf16' },
  'torch-eager-fp32': { program: 'torch', mode: 'eager', precision: 'fp32' },
  'torch-eager-bf16': { program: 'torch', mode: 'eager', precision: 'bf16' },
  'tfjs-node-fp32': { program: 'supra', mode: 'tensorflow', precision: 'fp32' },
};

/** All but tfjs-node, whose libraries are a large download. */
export const usualPeers = Object.keys(peerKinds).filter(name => peerKinds[name]?.mode !== 'tensorflow');

export function kindOf(name: string): PeerKind {
  const kind = peerKinds[name];
  if (kind === undefined) throw new Error(`Unknown peer ${name}: expected ${Object.keys(peerKinds).join(', ')}.`);
  return kind;
}

/** How to start a peer; makes what it needs first. Throws the reason why this machine cannot. */
export function peerCommand(root: string, name: string, shape: Shape, threads: number): PeerCommand {
  const { program, mode, precision } = kindOf(name);
  const task = JSON.stringify({ ...shape, mode, precision, threads });
  if (program === 'torch') {
    const args = [join(root, 'bench/torch-peer.py'), task];
    // Compiled kernels are kept, so that the next run does not wait for the compiler again.
    const env = { OMP_NUM_THREADS: String(threads), TORCHINDUCTOR_CACHE_DIR: join(root, '.bench/inductor') };
    return { name, command: torchPython(root), args, env };
  }
  const tensorflow = mode === 'tensorflow' ? { SUPRA_TFJS_NODE: tfjsNode(root) } : {};
  const args = [join(root, 'dist/bench/supra-peer.js'), task];
  return { name, command: process.execPath, args, env: { SUPRA_THREADS: String(threads), ...tensorflow } };
}

/** The folder of a tfjs-node that runs, as test/oracles/tfjs-node.mjs lays it out. */
function tfjsNode(root: string): string {
  return (
    process.env.SUPRA_TFJS_NODE ??
    execFileSync(process.execPath, [join(root, 'test/oracles/tfjs-node.mjs')], { encoding: 'utf8' }).trim()
  );
}
