import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withoutAnnotations } from './annotated';

export interface Case {
  readonly name: string;
  readonly path: string;
  readonly text: string;
}

const root = join(import.meta.dirname, '..', '..');

/** The `.supra` files of a folder of the repository, by name, without annotations. */
export function casesIn(folder: string): readonly Case[] {
  return readdirSync(join(root, folder))
    .filter(name => name.endsWith('.supra') && !name.endsWith('.formatted.supra'))
    .sort()
    .map(name => {
      const path = join(root, folder, name);
      return { name: name.replace('.supra', ''), path, text: withoutAnnotations(readFileSync(path, 'utf8')) };
    });
}

/** Every `.supra` file that tests may chew on. */
export function corpus(): readonly Case[] {
  return ['test/language/cases', 'test/language/problems', 'gallery'].flatMap(casesIn);
}
