import * as v from 'valibot';
import { runSchemaVersion } from './run-records';

/** Tokens by expert; a plain loop, because a schema per element is slow for 64 layers of 128 experts. */
function isTokenCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && value.every(count => Number.isSafeInteger(count) && count >= 0);
}

const layerLoad = v.object({
  /** The layer and the branch in it: `layers.3.ffn`, `mtp.0.ffn`. */
  path: v.string(),
  /** How often each expert was chosen: [experts]. A token chooses `top_k` of them. */
  tokens: v.custom<readonly number[]>(isTokenCounts, 'Expected whole numbers of tokens.'),
});

/**
 * experts.json of a run folder: how the latest training tokens were spread over the experts of each mixture. Replaced as a
 * whole while the run goes on, so its size does not grow; what is kept over time is `expertImbalance` in metrics.jsonl.
 */
export const expertLoadSchema = v.object({
  version: v.literal(runSchemaVersion),
  /** The steps whose tokens were counted, both included. */
  firstStep: v.pipe(v.number(), v.integer(), v.minValue(1)),
  lastStep: v.pipe(v.number(), v.integer(), v.minValue(1)),
  layers: v.pipe(v.array(layerLoad), v.minLength(1)),
});
export type ExpertLoad = v.InferOutput<typeof expertLoadSchema>;

/**
 * Load of the busiest expert over the even load, max_i n_i / mean_i n_i: 1 when all experts get the same, `experts / top_k` when
 * every token goes to the same ones. MaxVio of Wang et al. 2024 (Auxiliary-Loss-Free Load Balancing) is this less 1.
 */
export function imbalanceOf(tokens: ArrayLike<number>): number {
  let busiest = 0;
  let total = 0;
  for (let expert = 0; expert < tokens.length; expert++) {
    const count = tokens[expert] ?? 0;
    total += count;
    if (count > busiest) busiest = count;
  }
  return total === 0 ? 1 : (busiest * tokens.length) / total;
}

/** The imbalance of the layer that is worst off; `null` without layers of experts. */
export function worstImbalance(layers: Iterable<ArrayLike<number>>): number | null {
  let worst: number | null = null;
  for (const tokens of layers) worst = Math.max(worst ?? 1, imbalanceOf(tokens));
  return worst;
}
