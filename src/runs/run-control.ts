import { readFileSync, rmSync, statSync } from 'node:fs';
import * as v from 'valibot';
import { type ControlRequest, controlSchema } from '../protocol/run-records';
import { writeFileAtomically } from './atomic-write';
import { runPaths } from './run-folder';

/** Asks the trainer of a run to pause, resume or stop at its next step. Any process may ask. */
export function requestControl(folder: string, request: ControlRequest): void {
  const content = JSON.stringify({ request, at: new Date().toISOString() });
  writeFileAtomically(runPaths(folder).control, content, { durable: false });
}

/** Forgets an earlier request, before a run starts anew. */
export const clearControl = (folder: string): void => rmSync(runPaths(folder).control, { force: true });

/**
 * Reads the requests of a run as they come. The returned function is cheap (one stat) and gives the current request,
 * `null` when there is none. A file that makes no sense is no request.
 */
export function controlReader(folder: string): () => ControlRequest | null {
  const path = runPaths(folder).control;
  let seen = '';
  let request: ControlRequest | null = null;
  return () => {
    const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
    const version = stat === undefined ? '' : `${stat.ino}:${stat.mtimeNs}`;
    if (version === seen) return request;
    seen = version;
    request = stat === undefined ? null : parseRequest(path);
    return request;
  };
}

function parseRequest(path: string): ControlRequest | null {
  try {
    const result = v.safeParse(controlSchema, JSON.parse(readFileSync(path, 'utf8')));
    return result.success ? result.output.request : null;
  } catch {
    return null;
  }
}
