import { expect, test } from 'vitest';
import { completeExperiment, completeInstance, completeModel } from '../../src/architecture/complete-spec';
import { costsOf } from '../../src/architecture/costs';
import { sampleSpecs } from '../support/sample-specs';
import { tinyExperiment } from '../support/tiny-experiment';

test('a spec of an earlier version means what the defaults of newer settings say', () => {
  const complete = completeInstance({ id: 'attention.gqa', config: { heads: 4, head_dim: 6 } }, { hidden: 48 });
  expect(complete.config).toMatchObject({
    heads: 4,
    kv_heads: 4,
    head_dim: 6,
    value_dim: 6,
    gate: 'none',
    chunk: null,
  });
  const norm = { id: 'norm.rms', config: {} };
  const position = { id: 'position.rope', config: { theta: 100 } };
  const [sample] = Object.values(sampleSpecs);
  if (sample === undefined) throw new Error('Expected a sample.');
  const body = { id: 'attention.gqa', config: { heads: 2 } };
  const kinds = [{ name: 'old', parallel: false, branches: [{ kind: 'attention' as const, body, norm, position }] }];
  const model = completeModel({ ...sample, kinds, stack: ['old'] });
  expect(model.kinds[0]?.branches[0]?.position.config).toMatchObject({ theta: 100, scaling: { id: 'scaling.none' } });
  expect(costsOf(model).total).toBeGreaterThan(0);
});

test('nothing changes where nothing is missing', () => {
  for (const spec of Object.values(sampleSpecs)) expect(completeModel(spec)).toEqual(spec);
  expect(completeExperiment(tinyExperiment())).toEqual(tinyExperiment());
});

test('what the registry does not know stays as it is', () => {
  const unknown = { id: 'attention.of_tomorrow', config: { heads: 3 } };
  expect(completeInstance(unknown, {})).toBe(unknown);
});
