import type { ExperimentSpec, ModelSpec } from '../../src/architecture/model';
import { analyze } from '../../src/language/analysis/analyze';

/** The first model of a text of the language, which must have no problem. */
export function specOf(text: string): ModelSpec {
  const { file, problems } = analyze(text);
  const spec = file.models[0]?.spec;
  if (problems.length > 0 || spec === undefined) throw new Error(problems.map(({ message }) => message).join('\n'));
  return spec;
}

/** What the first train block of a text trains. Tiny ones are doubted by the checks, rightly. */
export function experimentOf(text: string): ExperimentSpec {
  const { file, problems } = analyze(text);
  const experiment = file.trains[0]?.experiment;
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0 || experiment === undefined) throw new Error(errors.map(({ message }) => message).join('\n'));
  return experiment;
}
