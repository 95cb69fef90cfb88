import type { ModelSpec } from '../../architecture/model';
import { writeModel } from './write-model';

/** Widest line of a comment. */
const widest = 120;

/** An imported model, with where it comes from and what it does not hold in the comment above it. */
export function writeImported(
  spec: ModelSpec,
  { modelType, warnings }: { readonly modelType: string; readonly warnings: readonly string[] },
): string {
  return writeModel(spec, [
    `Imported from a config.json of the type ${modelType}.`,
    ...warnings.flatMap(warning => wrap(`Not imported: ${warning}`)),
  ]);
}

/** Breaks a text at blanks. */
function wrap(text: string): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + word.length + 1 > widest - 2) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
