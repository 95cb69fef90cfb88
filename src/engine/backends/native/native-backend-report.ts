import type { BackendReport } from '../backend-report';

/** Our own backend in C++; reports why it is missing when its addon was not built. */
export function reportNativeBackend(): BackendReport {
  return { id: 'native', available: false, reason: 'The native addon is not built yet.', details: [] };
}

/** Makes the native backend the current tfjs backend. */
export async function activateNativeBackend(): Promise<void> {
  throw new Error(reportNativeBackend().reason);
}
