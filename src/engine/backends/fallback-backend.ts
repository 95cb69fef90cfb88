import '@tensorflow/tfjs-backend-cpu';
import { engine, setBackend } from '@tensorflow/tfjs-core';
import type { BackendReport } from './backend-report';

/** tfjs's own backend in plain JavaScript: always there, one thread, slow. */
export function reportFallbackBackend(): BackendReport {
  return {
    id: 'fallback',
    available: true,
    reason: 'Plain JavaScript (tfjs-backend-cpu): runs everywhere without a compiler, but slowly and on one thread.',
    details: [{ name: 'threads', value: '1' }],
  };
}

/** Makes the fallback the current tfjs backend. */
export async function activateFallbackBackend(): Promise<void> {
  if (!(await setBackend('cpu'))) throw new Error('fallback: tfjs could not start its cpu backend');
  // Its first tensor prints an advertisement for tfjs-node into the user's terminal.
  Reflect.set(engine().backend, 'firstUse', false);
}
