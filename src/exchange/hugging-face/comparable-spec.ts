import type { Config, Instance } from '../../architecture/component';
import type { Branch, LayerSpec, ModelSpec } from '../../architecture/model';
import { componentOf } from '../../architecture/registry';
import { usualAttentionFactor } from './read-rope';

/** Settings that only training sees and that a config.json has no place for. */
const trainingOnly = new Set(['aux_loss', 'z_loss', 'loss', 'bias_update', 'depth_scaled']);

/** Digits that count: formulas of the same number may differ in the last ones. */
const digits = 12;

export interface LayerPlace {
  readonly of: 'layer' | 'mtp';
  readonly number: number;
}

/** A place in which two models differ. */
export interface ModelDifference {
  /** The layer of the stack, or the prediction module, counted from 1; null: in the model itself. */
  readonly where: LayerPlace | null;
  /** `attention.heads`: the words that lead to it from there. */
  readonly setting: string;
  /** The values there: `4`, `"pre"`, `attention.gqa`; undefined where a model has no such place. */
  readonly left: string | undefined;
  readonly right: string | undefined;
  /** They differ in a count or a number of dimensions, rather than in how something is computed. */
  readonly isSize: boolean;
}

/**
 * Where two models are not the same network: in anything but names, what nothing reads, and what only training reads. Each kind
 * of place once, although many layers may share it.
 */
export function compareModels(left: ModelSpec, right: ModelSpec): readonly ModelDifference[] {
  const found = new Map<string, ModelDifference>();
  const noteAt =
    (where: LayerPlace | null): Note =>
    (setting, isSize, one, other) => {
      if (one !== other && !found.has(setting))
        found.set(setting, { where, setting, left: one, right: other, isSize: isSize() });
    };
  compareOutside(left, right, noteAt(null));
  const [ours, theirs] = [stackOf(left), stackOf(right)];
  comparePairs(ours, theirs, index => noteAt({ of: 'layer', number: index + 1 }));
  comparePairs(left.mtp ?? [], right.mtp ?? [], index => noteAt({ of: 'mtp', number: index + 1 }));
  return [...found.values()];
}

/** Takes the values of two models at a place; most are the same. */
type Note = (setting: string, isSize: () => boolean, left: string | undefined, right: string | undefined) => void;

function compareOutside(left: ModelSpec, right: ModelSpec, note: Note): void {
  const numbers = ({ vocab, context, hidden, tied, stack }: ModelSpec) => ({
    ...{ vocab, context, hidden, tied },
    layers: stack.length,
  });
  const theirs: Readonly<Record<string, unknown>> = numbers(right);
  for (const [name, value] of Object.entries(numbers(left)))
    note(name, () => name !== 'context', String(value), String(theirs[name]));
  compareInstances('embedding', left.embedding, right.embedding, note);
  compareInstances('head', left.head, right.head, note);
  // Where the last norm stands is not a question.
  compareInstances('final_norm', withoutPlace(left.finalNorm), withoutPlace(right.finalNorm), note);
  compareInstances('position', tableOfPositions(left), tableOfPositions(right), note);
}

/** Rotary positions are those of the layers; only a table of positions belongs to the model itself. */
const tableOfPositions = ({ position }: ModelSpec): Instance | undefined =>
  position.id === 'position.rope' || position.id === 'position.none' ? undefined : position;

function stackOf({ kinds, stack }: ModelSpec): readonly (LayerSpec | undefined)[] {
  const byName = new Map(kinds.map(kind => [kind.name, kind] as const));
  return stack.map(name => byName.get(name));
}

type Layers = readonly (LayerSpec | undefined)[];

/** Compares layers of the same place. Two kinds that meet again differ as they did before. */
function comparePairs(ours: Layers, theirs: Layers, noteAt: (index: number) => Note): void {
  const met = new Map<LayerSpec | undefined, Set<LayerSpec | undefined>>();
  for (let index = 0; index < Math.max(ours.length, theirs.length); index++) {
    const [one, other] = [ours[index], theirs[index]];
    const others = met.get(one) ?? new Set();
    met.set(one, others);
    if (others.has(other)) continue;
    others.add(other);
    compareLayers(one, other, noteAt(index));
  }
}

function compareLayers(left: LayerSpec | undefined, right: LayerSpec | undefined, note: Note): void {
  note('branches', () => true, left && branchesOf(left), right && branchesOf(right));
  const slots = new Set([...(left?.branches ?? []), ...(right?.branches ?? [])].map(({ kind }) => kind));
  for (const slot of slots) {
    const of = (layer: LayerSpec | undefined): Branch | undefined => layer?.branches.find(({ kind }) => kind === slot);
    const [one, other] = [of(left), of(right)];
    compareInstances(slot, one?.body, other?.body, note);
    compareInstances(`${slot}_norm`, one?.norm, other?.norm, note);
    if (slot === 'attention') compareInstances('position', one?.position, other?.position, note);
  }
}

const branchesOf = ({ branches, parallel }: LayerSpec): string =>
  branches.map(({ kind }) => kind).join(parallel ? ' beside ' : ', ');

function compareInstances(place: string, left: Instance | undefined, right: Instance | undefined, note: Note): void {
  note(place, () => false, left?.id, right?.id);
  const [ours, theirs]: readonly Config[] = [left?.config ?? {}, right?.config ?? {}];
  for (const name in { ...ours, ...theirs }) {
    const [one, other] = [ours?.[name], theirs?.[name]];
    if (one === other || trainingOnly.has(name)) continue;
    const inner = `${place}.${name}`;
    const [part, otherPart] = [isInstance(one) ? one : undefined, isInstance(other) ? other : undefined];
    if (part === undefined || otherPart === undefined) {
      const isSize = () => isCount(one === undefined ? right : left, name);
      note(inner, isSize, part?.id ?? textOf(name, one, ours), otherPart?.id ?? textOf(name, other, theirs));
    }
    if (part !== undefined || otherPart !== undefined) compareInstances(inner, part, otherPart, note);
  }
}

/** What counts tokens (a window, a chunk) is how far something reaches, and no size. */
function isCount(instance: Instance | undefined, name: string): boolean {
  const field = instance && componentOf(instance).fields[name];
  return field?.kind === 'integer' && field.unit !== 'tokens';
}

function textOf(name: string, value: unknown, config: Config | undefined): string | undefined {
  if (name === 'attention_factor' && isUsualFactor(value, config?.factor)) return 'null';
  return typeof value === 'number' ? String(Number(value.toPrecision(digits))) : JSON.stringify(value);
}

/** The factor of YaRN that is taken when none is written; some write it all the same. */
const isUsualFactor = (value: unknown, stretch: unknown): boolean =>
  typeof value === 'number' && typeof stretch === 'number' && Math.abs(value - usualAttentionFactor(stretch)) <= 1e-12;

const isInstance = (value: unknown): value is Instance =>
  typeof value === 'object' && value !== null && 'id' in value && 'config' in value;

const withoutPlace = ({ id, config: { place: _, ...config } }: Instance): Instance => ({ id, config });
