import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { grammarFiles } from './generate-grammar';
import { referenceFiles } from './generate-reference';

/** Every file that is made from the registry, by its path in the package. A test holds that the committed ones are these. */
export function generatedFiles(root: string): ReadonlyMap<string, string> {
  const folder = join(root, 'test/language/problems');
  const fixtures = readdirSync(folder)
    .filter(file => file.endsWith('.supra'))
    .sort()
    .map(file => readFileSync(join(folder, file), 'utf8'));
  return new Map([...grammarFiles(), ...referenceFiles(fixtures)]);
}

/** Writes them. Returns the paths. */
export function writeGenerated(root: string): readonly string[] {
  const files = generatedFiles(root);
  for (const [path, text] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return [...files.keys()];
}
