import { type Dirent, existsSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { isInsideFolder } from '../exchange/start/find-start';
import type { PathEntry, PathFormat } from '../language/features/completion-paths';
import { chooseCheckpoint } from '../runs/checkpoints';
import { listRuns } from '../runs/run-store';

/** More runs than anybody looks through. */
const mostRuns = 30;

/** What lies in a folder of a workspace; nothing where there is no such folder, or it leads out of the workspace. */
export function listPaths(root: string, folder: string, format: PathFormat): readonly PathEntry[] {
  const place = join(root, folder);
  let found: Dirent[];
  try {
    if (!isInsideFolder(realpathSync(root), realpathSync(place))) return [];
    found = readdirSync(place, { withFileTypes: true });
  } catch {
    return [];
  }
  const entries = found
    .filter(({ name }) => !name.startsWith('.') && name !== 'node_modules')
    .sort((a, b) => a.name.localeCompare(b.name))
    .map((entry): PathEntry => {
      const { name } = entry;
      if (!entry.isDirectory()) return { name, kind: 'file' };
      if (format !== 'start' || !existsSync(join(place, name, 'config.json'))) return { name, kind: 'folder' };
      return { name, kind: 'weights', detail: 'Hugging Face' };
    });
  return format === 'start' && folder === '' ? [...runsOf(root), ...entries] : entries;
}

/** The newest runs that have weights to give. */
const runsOf = (root: string): readonly PathEntry[] =>
  listRuns(root)
    .flatMap((run): PathEntry[] => {
      if (run.record === null || chooseCheckpoint(run, 'best') === undefined) return [];
      const { name, best } = run.record;
      const loss = best === null ? '' : `, validation loss ${best.loss.toFixed(3)}`;
      return [{ name: run.id, kind: 'weights', detail: `run ${name}${loss}` }];
    })
    .slice(0, mostRuns);
