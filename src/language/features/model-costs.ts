import { costsOf, type ModelCosts } from '../../architecture/costs';
import type { ModelSpec } from '../../architecture/model';

const known = new WeakMap<ModelSpec, ModelCosts>();

/** The costs of a model, counted once. */
export function modelCosts(spec: ModelSpec): ModelCosts {
  const costs = known.get(spec) ?? costsOf(spec);
  known.set(spec, costs);
  return costs;
}
