import { beforeAll, describe } from 'vitest';
import type { BackendId } from '../../src/engine/backends/backend-report';
import { listBackends, useBackend } from '../../src/engine/backends/choose-backend';

/** The backends that this machine has, best first. */
export const presentBackends: readonly BackendId[] = listBackends()
  .filter(report => report.available)
  .map(report => report.id);

/** Declares the same tests once per backend that this machine has, each with that backend in use. */
export function describeOnBackends(name: string, declare: (backend: BackendId) => void): void {
  describe.each(presentBackends)(`${name} (%s)`, backend => {
    beforeAll(() => useBackend(backend));
    declare(backend);
  });
}
