import type { Instance } from '../../architecture/component';
import type { ModelSpec } from '../../architecture/model';
import { usualAttentionFactor } from './read-rope';

/** Settings that only training sees and that a config.json has no place for. */
const trainingOnly = new Set(['aux_loss', 'z_loss', 'bias_update', 'depth_scaled']);

/** Digits that count: formulas of the same number may differ in the last ones. */
const digits = 12;

/** A value of a model, by where it stands: `layer 3 attention.heads`. */
export type Facts = ReadonlyMap<string, string>;

/**
 * What makes two models the same network: everything but names, what nothing reads, and what only training reads.
 */
export function factsOf(spec: ModelSpec): Facts {
  const facts = new Map<string, string>();
  const { vocab, context, hidden, tied, stack } = spec;
  for (const [name, value] of Object.entries({ vocab, context, hidden, tied, layers: stack.length }))
    facts.set(name, String(value));
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
    facts.set(`${place}branches`, kind.branches.map(branch => branch.kind).join(kind.parallel ? ' beside ' : ', '));
    for (const { kind: slot, body, norm, position } of kind.branches) {
      collect(facts, `${place}${slot}`, body);
      collect(facts, `${place}${slot}_norm`, norm);
      if (slot === 'attention') collect(facts, `${place}position`, position);
    }
  }
  return facts;
}

/** Where two models differ, with both values; each place once, although many layers may share it. */
export function differencesOf(left: ModelSpec, right: ModelSpec): readonly string[] {
  const [before, after] = [factsOf(left), factsOf(right)];
  const found = new Map<string, string>();
  for (const place of new Set([...before.keys(), ...after.keys()])) {
    const [one, other] = [before.get(place), after.get(place)];
    if (one === other) continue;
    const what = place.replace(/^(layer|mtp) \d+ /, '');
    if (!found.has(what)) found.set(what, `${place}: ${one ?? 'nothing'} became ${other ?? 'nothing'}`);
  }
  return [...found.values()];
}

function collect(facts: Map<string, string>, place: string, { id, config }: Instance): void {
  facts.set(place, id);
  for (const [name, value] of Object.entries(config)) {
    if (trainingOnly.has(name)) continue;
    if (isInstance(value)) collect(facts, `${place}.${name}`, value);
    else if (name === 'attention_factor' && isUsualFactor(value, config.factor)) facts.set(`${place}.${name}`, 'null');
    else
      facts.set(
        `${place}.${name}`,
        typeof value === 'number' ? String(Number(value.toPrecision(digits))) : JSON.stringify(value),
      );
  }
}

/** The factor of YaRN that is taken when none is written; some write it all the same. */
const isUsualFactor = (value: unknown, stretch: unknown): boolean =>
  typeof value === 'number' && typeof stretch === 'number' && Math.abs(value - usualAttentionFactor(stretch)) <= 1e-12;

const isInstance = (value: unknown): value is Instance =>
  typeof value === 'object' && value !== null && 'id' in value && 'config' in value;

const withoutPlace = ({ id, config: { place: _, ...config } }: Instance): Instance => ({ id, config });
