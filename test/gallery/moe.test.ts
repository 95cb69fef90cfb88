import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { elementsOf, type Instance } from '../../src/architecture/component';
import { costsOf } from '../../src/architecture/costs';
import { type ModelSpec, modelWeights } from '../../src/architecture/model';
import { lineAt, lineIndex } from '../../src/base/text';
import { analyze } from '../../src/language/analysis/analyze';
import { runChecks } from '../../src/language/analysis/checks/run-checks';
import { isSuppressed, suppressionsOf } from '../../src/language/analysis/suppressions';
import reference from '../fixtures/reference/moe.json';

const root = join(import.meta.dirname, '..', '..');

/** The models of a gallery file: the original, then its tiny version. */
function modelsOf(name: string): { readonly original: ModelSpec; readonly tiny: ModelSpec } {
  const text = readFileSync(join(root, 'gallery', `${name}.supra`), 'utf8');
  const { document, file, problems } = analyze(text);
  const silenced = suppressionsOf(document);
  const lines = lineIndex(text);
  const doubts = runChecks(file).filter(doubt => !isSuppressed(silenced, lineAt(lines, doubt.start), doubt));
  expect([...problems, ...doubts]).toEqual([]);
  const [original, tiny] = file.models.map(({ spec }) => spec);
  if (original === undefined || tiny === undefined) throw new Error(`Expected two models in ${name}.`);
  return { original, tiny };
}

/** Elements of the correction biases of routers, whether they count as parameters or not; those of prediction modules apart. */
const routerBiasOf = (model: ModelSpec): number =>
  modelWeights(model)
    .filter(({ name, part }) => name === 'router_correction' && part !== 'mtp')
    .reduce((sum, tensor) => sum + elementsOf(tensor), 0);

/** A component without its sizes: which switches are on, which words chosen, which optional numbers given. */
const ideasOf = ({ id, config }: Instance): unknown => ({
  id,
  config: Object.entries(config).map(([name, value]) =>
    typeof value === 'object' && value !== null && 'id' in value
      ? [name, ideasOf(value)]
      : [name, typeof value === 'number' ? 'number' : value],
  ),
});

describe.each(Object.entries(reference))('%s', (name, expected) => {
  test('has the sizes of the reference to the last digit', () => {
    const { original } = modelsOf(name);
    const { total, active, nonEmbedding, activeNonEmbedding, mtp } = costsOf(original);
    const routerBias = routerBiasOf(original);
    expect({ total, active, nonEmbedding, activeNonEmbedding, routerBias, mtp }).toEqual({ mtp: 0, ...expected });
  });

  test('has a tiny version of 1 to 10 million parameters with the same kinds of parts', () => {
    const { original, tiny } = modelsOf(name);
    const { total } = costsOf(tiny);
    expect(total).toBeGreaterThan(1e6);
    expect(total).toBeLessThan(10e6);
    const partsOf = ({ kinds }: ModelSpec) =>
      kinds.map(({ branches }) => branches.map(({ body, position }) => [ideasOf(body), position.id]));
    expect(partsOf(tiny)).toEqual(partsOf(original));
    expect(tiny.mtp?.length).toBe(original.mtp?.length);
  });
});
