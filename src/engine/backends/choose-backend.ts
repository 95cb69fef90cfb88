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
  const reports = listBackends();
  const report = reports.find(({ id, available }) => (wanted === 'auto' ? available : id === wanted));
  if (report === undefined)
    throw new Error(`useBackend: unknown backend '${wanted}'; expected ${backendIds.join(', ')} or auto`);
  if (!report.available) throw new Error(`The ${report.id} backend cannot be used. ${report.reason}`);
  await backends[report.id].activate();
  await ready();
  return { id: report.id, reason: explain(report, reports, wanted), report };
}

function explain(chosen: BackendReport, reports: readonly BackendReport[], wanted: BackendId | 'auto'): string {
  if (wanted !== 'auto') return `${chosen.id}, as asked for. ${chosen.reason}`;
  const better = reports.slice(0, reports.indexOf(chosen));
  return [`${chosen.id}. ${chosen.reason}`, ...better.map(({ id, reason }) => `Not ${id}: ${reason}`)].join('\n');
}
