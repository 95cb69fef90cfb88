import type { Instance } from '../../architecture/component';
import type { ModelSpec } from '../../architecture/model';
import { componentOf } from '../../architecture/registry';
import { usualAttentionFactor } from './read-rope';

/** Settings that only training sees and that a config.json has no place for. */
const trainingOnly = new Set(['aux_loss', 'z_loss', 'bias_update', 'depth_scaled']);

/** Digits that count: formulas of the same number may differ in the last ones. */
const digits = 12;

/** A value of a model. */
interface Fact {
  readonly text: string;
  /** A count or a number of dimensions, rather than how something is computed. */
  readonly isSize: boolean;
}

/** The values of a model, by where they stand: `layer 3 attention.heads`. */
type Facts = ReadonlyMap<string, Fact>;

/**
 * What makes two models the same network: everything but names, what nothing reads, and what only training reads.
 */
function factsOf(spec: ModelSpec): Facts {
  const facts = new Map<string, Fact>();
  const { vocab, context, hidden, tied, stack } = spec;
  for (const [name, value] of Object.entries({ vocab, context, hidden, tied, layers: stack.length }))
    facts.set(name, { text: String(value), isSize: name !== 'context' });
  collect(facts, 'embedding', spec.embedding);
  collect(facts, 'head', spec.head);
  // Where the last norm stands is not a question.
  collect(facts, 'final_norm', withoutPlace(spec.finalNorm));
  // Rotary positions are those of the layers; only a table of positions belongs to the model itself.
  if (spec.position.id !== 'position.rope' && spec.position.id !== 'position.none')
    collect(facts, 'position', spec.position);
  const kinds = new Map(spec.kinds.map(kind => [kind.name, kind] as const));
  const layers = [
    ...stack.map((name, index) => [`layer ${index + 1} `, kinds.get(name)] as const),
    ...(spec.mtp ?? []).map((kind, index) => [`mtp ${index + 1} `, kind] as const),
  ];
  for (const [place, kind] of layers) {
    if (kind === undefined) continue;
    const text = kind.branches.map(branch => branch.kind).join(kind.parallel ? ' beside ' : ', ');
    facts.set(`${place}branches`, { text, isSize: true });
    for (const { kind: slot, body, norm, position } of kind.branches) {
      collect(facts, `${place}${slot}`, body);
      collect(facts, `${place}${slot}_norm`, norm);
      if (slot === 'attention') collect(facts, `${place}position`, position);
    }
  }
  return facts;
}

/** A place in which two models differ. */
export interface ModelDifference {
  /** `layer 3 attention.heads`. */
  readonly place: string;
  /** As facts tell them; undefined where a model has no such place. */
  readonly left: string | undefined;
  readonly right: string | undefined;
  /** They differ in a count or a number of dimensions. */
  readonly isSize: boolean;
}

/** Where two models differ; each kind of place once, although many layers may share it. */
export function compareModels(left: ModelSpec, right: ModelSpec): readonly ModelDifference[] {
  const [before, after] = [factsOf(left), factsOf(right)];
  const found = new Map<string, ModelDifference>();
  for (const place of new Set([...before.keys(), ...after.keys()])) {
    const [one, other] = [before.get(place), after.get(place)];
    if (one?.text === other?.text) continue;
    const what = place.replace(/^(layer|mtp) \d+ /, '');
    if (!found.has(what))
      found.set(what, { place, left: one?.text, right: other?.text, isSize: (one ?? other)?.isSize === true });
  }
  return [...found.values()];
}

/** The same in words. */
export const differencesOf = (left: ModelSpec, right: ModelSpec): readonly string[] =>
  compareModels(left, right).map(
    ({ place, left: one, right: other }) => `${place}: ${one ?? 'nothing'} became ${other ?? 'nothing'}`,
  );

function collect(facts: Map<string, Fact>, place: string, { id, config }: Instance): void {
  facts.set(place, { text: id, isSize: false });
  const { fields } = componentOf({ id });
  for (const [name, value] of Object.entries(config)) {
    if (trainingOnly.has(name)) continue;
    if (isInstance(value)) {
      collect(facts, `${place}.${name}`, value);
      continue;
    }
    const isUsual = name === 'attention_factor' && isUsualFactor(value, config.factor);
    const number = typeof value === 'number' ? String(Number(value.toPrecision(digits))) : undefined;
    const field = fields[name];
    facts.set(`${place}.${name}`, {
      text: isUsual ? 'null' : (number ?? JSON.stringify(value)),
      // What counts tokens (a window, a chunk) is how far something reaches.
      isSize: field?.kind === 'integer' && field.unit !== 'tokens',
    });
  }
}

/** The factor of YaRN that is taken when none is written; some write it all the same. */
const isUsualFactor = (value: unknown, stretch: unknown): boolean =>
  typeof value === 'number' && typeof stretch === 'number' && Math.abs(value - usualAttentionFactor(stretch)) <= 1e-12;

const isInstance = (value: unknown): value is Instance =>
  typeof value === 'object' && value !== null && 'id' in value && 'config' in value;

const withoutPlace = ({ id, config: { place: _, ...config } }: Instance): Instance => ({ id, config });
