import { ready } from '@tensorflow/tfjs-core';
import { type BackendId, type BackendReport, backendIds } from './backend-report';
import { activateFallbackBackend, reportFallbackBackend } from './fallback-backend';
import { activateNativeBackend, reportNativeBackend } from './native/native-backend-report';
import { activateTensorflowBackend, reportTensorflowBackend } from './tensorflow-backend';

/** The backend in use and why it was taken, in words. */
export interface ChosenBackend {
  readonly id: BackendId;
  readonly reason: string;
  readonly report: BackendReport;
}

interface BackendEntry {
  readonly report: () => BackendReport;
  readonly activate: () => Promise<void>;
}

const backends: { readonly [Id in BackendId]: BackendEntry } = {
  native: { report: reportNativeBackend, activate: activateNativeBackend },
  tensorflow: { report: reportTensorflowBackend, activate: activateTensorflowBackend },
  fallback: { report: reportFallbackBackend, activate: activateFallbackBackend },
};

/** Every backend with its state on this machine, best first. */
export function listBackends(): BackendReport[] {
  return backendIds.map(id => backends[id].report());
}

/**
 * Makes a backend the current one for all tfjs operations and says why.
 *
 * 'auto' takes the best available one. Asking for one by name that is not available throws with the reason,
 * because silently training on another engine would be a surprise.
 */
export async function useBackend(wanted: BackendId | 'auto'): Promise<ChosenBackend> {
  const missing: BackendReport[] = [];
  // One after the other, because asking tfjs-node already loads its large library.
  for (const id of wanted === 'auto' ? backendIds : [wanted]) {
    const report = entryOf(id).report();
    if (!report.available) {
      missing.push(report);
      continue;
    }
    await entryOf(id).activate();
    await ready();
    return { id, reason: explain(report, missing, wanted), report };
  }
  const reasons = missing.map(report => `The ${report.id} backend cannot be used. ${report.reason}`);
  throw new Error(reasons.join('\n'));
}

function entryOf(id: BackendId): BackendEntry {
  const entry: BackendEntry | undefined = backends[id];
  if (entry === undefined) throw new Error(`Unknown backend '${id}'; expected ${backendIds.join(', ')} or auto.`);
  return entry;
}

function explain(chosen: BackendReport, missing: readonly BackendReport[], wanted: BackendId | 'auto'): string {
  if (wanted !== 'auto') return `${chosen.id}, as asked for. ${chosen.reason}`;
  return [`${chosen.id}. ${chosen.reason}`, ...missing.map(({ id, reason }) => `Not ${id}: ${reason}`)].join('\n');
}
