import type { ModelSpec } from '../../architecture/model';
import type { Obstacle } from '../../architecture/unfit';
import type { LayerPlace, ModelDifference } from './comparable-spec';

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
  const keyOf = (where: LayerPlace | null, setting: string) => `${where?.of} ${where?.number} ${setting}`;
  const differing = new Set(differences.map(({ where, setting }) => keyOf(where, setting)));
  const isBelow = (where: LayerPlace | null, setting: string): boolean => {
    const end = setting.lastIndexOf('.');
    if (end < 0) return false;
    const above = setting.slice(0, end);
    return differing.has(keyOf(where, above)) || isBelow(where, above);
  };
  return differences.filter(
    ({ where, setting, left, right }) => (left !== undefined && right !== undefined) || !isBelow(where, setting),
  );
}

function obstacleOf({ stack }: ModelSpec, { where, setting: path, left, right }: ModelDifference): Obstacle {
  // A norm stands once in its layer and around each branch of it.
  const words = path.replace(/^(attention|mixer|ffn)_norm/, 'norm');
  const layer = where?.of === 'layer' ? where.number : null;
  const setting = where?.of === 'mtp' ? 'mtp' : words;
  const kind = layer === null ? undefined : stack[layer - 1];
  const name =
    layer === null ? `module ${where?.number} of mtp` : `layer ${layer}${kind === undefined ? '' : ` (${kind})`}`;
  const there = right === undefined ? 'it has none' : `it has ${asWritten(right)}`;
  if (path === 'branches') return { setting, layer, text: `${name} of ${left ?? 'nothing'}: ${there}` };
  const here = left === undefined ? `no ${words}` : written(words, left);
  return { setting, layer, text: `\`${here}\`${where === null ? '' : ` in ${name}`}: ${there}` };
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
