import type { LayerMessage, ModelMessage, SettingMessage } from '../../src/protocol/model-panel';
import { type PlacedPart, partId, partsOf } from './parts';

/** A setting of which two models have different values; null where a model lacks the part. */
export interface Difference {
  readonly part: string;
  readonly setting: string;
  readonly left: string | null;
  readonly right: string | null;
}

/** What differs in a part: names of settings; `variant` for another component, `all` for a part that the other lacks. */
export type Marks = ReadonlyMap<string, ReadonlySet<string>>;

export interface Comparison {
  readonly differences: readonly Difference[];
  readonly left: Marks;
  readonly right: Marks;
}

/** The settings of a model itself. */
export const modelMark = 'model';

/**
 * Compares two models part by part. Layers of the same name belong together; of the rest, those with the same branches, in
 * order; then what is left, in order.
 */
export function compareModels(left: ModelMessage, right: ModelMessage): Comparison {
  const differences: Difference[] = [];
  const marks = { left: new Map<string, Set<string>>(), right: new Map<string, Set<string>>() };
  const mark = (side: 'left' | 'right', id: string | undefined, name: string) => {
    if (id !== undefined) marks[side].set(id, (marks[side].get(id) ?? new Set()).add(name));
  };
  const differ = (a: PlacedPart | undefined, b: PlacedPart | undefined) => {
    const part = (a ?? b)?.label ?? '';
    if (a === undefined || b === undefined || a.part.variant !== b.part.variant) {
      // A norm that stands only before or only after is told by its place.
      if ((a ?? b)?.part.slot === 'norm' && (a === undefined || b === undefined)) return;
      const name = a && b ? 'variant' : 'all';
      mark('left', a?.id, name);
      mark('right', b?.id, name);
      differences.push({ part, setting: '', left: a?.part.variant ?? null, right: b?.part.variant ?? null });
      return;
    }
    for (const { setting, left, right } of settingDifferences(a.part.settings, b.part.settings)) {
      mark('left', a.id, setting);
      mark('right', b.id, setting);
      differences.push({ part, setting, left, right });
    }
  };

  for (const { setting, left: mine, right: other } of settingDifferences(left.settings, right.settings)) {
    mark('left', modelMark, setting);
    mark('right', modelMark, setting);
    differences.push({ part: '', setting, left: mine, right: other });
  }
  const [ours, theirs] = [partsOf(left), partsOf(right)];
  const met = new Set<PlacedPart>();
  const pairs = pairLayers(left.layers, right.layers);
  const alone = (side: 'left' | 'right', layer: LayerMessage) => {
    mark(side, partId(layer.name), 'all');
    const made = layer.branches.map(({ body }) => body.variant).join(', ');
    const none = { left: null, right: null };
    differences.push({ part: `layer ${layer.name}`, setting: '', ...none, [side]: made });
  };
  for (const layer of left.layers) if (!pairs.has(layer)) alone('left', layer);
  for (const part of ours) {
    const layer = part.layer && pairs.get(part.layer);
    if (part.layer && !layer) continue;
    const wanted = part.layer ? layer && part.id.replace(`layer ${part.layer.name}`, `layer ${layer.name}`) : part.id;
    const other = theirs.find(candidate => candidate.id === wanted && !met.has(candidate));
    if (other) met.add(other);
    differ(part, other);
  }
  const paired = new Set(pairs.values());
  for (const layer of right.layers) if (!paired.has(layer)) alone('right', layer);
  for (const part of theirs) if (!met.has(part) && !(part.layer && !paired.has(part.layer))) differ(undefined, part);
  return { differences: withoutRepeats(differences), ...marks };
}

/** The norm of a layer stands before and after each of its branches, and is written once. */
function withoutRepeats(differences: readonly Difference[]): readonly Difference[] {
  const seen = new Set<string>();
  return differences.filter(difference => {
    const key = JSON.stringify(difference);
    return !seen.has(key) && seen.add(key);
  });
}

function settingDifferences(
  left: readonly SettingMessage[],
  right: readonly SettingMessage[],
): readonly Omit<Difference, 'part'>[] {
  const names = new Set([...left, ...right].map(({ name }) => name));
  const valueIn = (settings: readonly SettingMessage[], name: string) =>
    settings.find(setting => setting.name === name)?.value ?? null;
  return [...names].flatMap(setting => {
    const [mine, other] = [valueIn(left, setting), valueIn(right, setting)];
    return mine === other ? [] : [{ setting, left: mine, right: other }];
  });
}

function pairLayers(
  left: readonly LayerMessage[],
  right: readonly LayerMessage[],
): ReadonlyMap<LayerMessage, LayerMessage> {
  const pairs = new Map<LayerMessage, LayerMessage>();
  const taken = new Set<LayerMessage>();
  const shape = ({ branches }: LayerMessage) => branches.map(({ body }) => `${body.slot} ${body.variant}`).join();
  const slots = ({ branches }: LayerMessage) => branches.map(({ body }) => body.slot).join();
  const rules: readonly ((a: LayerMessage, b: LayerMessage) => boolean)[] = [
    (a, b) => a.name === b.name,
    (a, b) => shape(a) === shape(b),
    (a, b) => slots(a) === slots(b),
    () => true,
  ];
  for (const rule of rules) {
    for (const layer of left) {
      if (pairs.has(layer)) continue;
      const other = right.find(candidate => !taken.has(candidate) && rule(layer, candidate));
      if (!other) continue;
      pairs.set(layer, other);
      taken.add(other);
    }
  }
  return pairs;
}
