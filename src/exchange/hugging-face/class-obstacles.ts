import type { ModelSpec } from '../../architecture/model';
import type { Obstacle } from '../../architecture/unfit';
import type { ModelDifference } from './comparable-spec';

/** What a class would change in a model, in the words of model files: what decides most of a model first. */
export function classObstacles(spec: ModelSpec, differences: readonly ModelDifference[]): readonly Obstacle[] {
  const found = new Map<string, Obstacle>();
  for (const difference of withoutConsequences(differences)) {
    const obstacle = obstacleOf(spec, difference);
    const key = `${obstacle.layer} ${obstacle.setting}`;
    if (!found.has(key)) found.set(key, obstacle);
  }
  return [...found.values()].sort((a, b) => rankOf(a) - rankOf(b));
}

/** Kinds of branches, then components of layers, then their settings, then what stands around the layers. */
const rankOf = ({ setting, layer, text }: Obstacle): number => {
  if (setting === 'branches') return 0;
  if (layer === null) return 3;
  return text.includes(' = ') ? 2 : 1;
};

/** Where another component stands, its settings are missing or new; that says nothing more. */
function withoutConsequences(differences: readonly ModelDifference[]): readonly ModelDifference[] {
  const places = new Set(differences.map(({ place }) => place));
  const isBelow = (place: string): boolean => {
    const end = place.lastIndexOf('.');
    return end > 0 && (places.has(place.slice(0, end)) || isBelow(place.slice(0, end)));
  };
  return differences.filter(({ place, left, right }) => (left !== undefined && right !== undefined) || !isBelow(place));
}

function obstacleOf({ stack }: ModelSpec, { place, left, right }: ModelDifference): Obstacle {
  const [, where, number, inner = place] = /^(layer|mtp) (\d+) (.+)$/.exec(place) ?? [];
  // A norm stands once in its layer and around each branch of it.
  const setting = inner.replace(/^(attention|mixer|ffn)_norm/, 'norm');
  const layer = where === 'layer' ? Number(number) : null;
  const kind = layer === null ? undefined : stack[layer - 1];
  const name =
    where === 'layer' ? `layer ${number}${kind === undefined ? '' : ` (${kind})`}` : `module ${number} of mtp`;
  const there = right === undefined ? 'it has none' : `it has ${asWritten(right)}`;
  if (inner === 'branches')
    return { setting: where === 'mtp' ? 'mtp' : inner, layer, text: `${name} of ${left ?? 'nothing'}: ${there}` };
  const here = left === undefined ? `no ${setting}` : written(setting, left);
  const text = `\`${here}\`${where === undefined ? '' : ` in ${name}`}: ${there}`;
  return { setting: where === 'mtp' ? 'mtp' : setting, layer, text };
}

const componentId = /^[a-z_]+\.(?=[a-z])/;

/** `attention.heads = 4`, and `position none` for a component. */
const written = (setting: string, fact: string): string =>
  componentId.test(fact) ? `${setting} ${asWritten(fact)}` : `${setting} = ${asWritten(fact)}`;

/** A value as the language writes it: `attention.gqa` is gqa, `"pre"` pre, null none. */
export function asWritten(fact: string): string {
  if (fact === 'null') return 'none';
  return fact.replace(/^"(.*)"$/, '$1').replace(componentId, '');
}
