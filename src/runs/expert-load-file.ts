import { readFileSync, statSync } from 'node:fs';
import * as v from 'valibot';
import { type ExpertLoad, expertLoadSchema } from '../protocol/expert-load';
import { writeFileAtomically } from './atomic-write';

/** Replaces experts.json. Not synced: after a loss of power the one of a few seconds ago is as good. */
export const writeExpertLoad = (path: string, load: ExpertLoad): void =>
  writeFileAtomically(path, `${JSON.stringify(load)}\n`, { durable: false });

/** What is in experts.json; `null` where there is none, for a model without experts, or none that this version can read. */
export function readExpertLoad(path: string): ExpertLoad | null {
  try {
    const result = v.safeParse(expertLoadSchema, JSON.parse(readFileSync(path, 'utf8')));
    return result.success ? result.output : null;
  } catch {
    return null;
  }
}

/** Reads experts.json when it was replaced since the last look; `null` when it was not. */
export function createExpertLoadWatch(path: string): { read(): ExpertLoad | null; forget(): void } {
  let seen = '';
  return {
    read() {
      const now = signatureOf(path);
      if (now === seen) return null;
      seen = now;
      return readExpertLoad(path);
    },
    forget() {
      seen = '';
    },
  };
}

/** Another one for each replacement: a renamed file has an inode of its own. */
function signatureOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? '' : `${stat.ino} ${stat.mtimeMs} ${stat.size}`;
}
