import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of the package that a file belongs to: the nearest one above whose package.json is called `supra`. */
export function packageRoot(from: string): string | null {
  for (let folder = from; ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file) && readFileSync(file, 'utf8').includes('"name": "supra"')) return folder;
    if (dirname(folder) === folder) return null;
  }
}
