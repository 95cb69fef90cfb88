import type { ModelSpec } from '../../src/architecture/model';
import { analyze } from '../../src/language/analysis/analyze';

/** The first model of a text of the language, which must have no problem. */
export function specOf(text: string): ModelSpec {
  const { file, problems } = analyze(text);
  const spec = file.models[0]?.spec;
  if (problems.length > 0 || spec === undefined) throw new Error(problems.map(({ message }) => message).join('\n'));
  return spec;
}
