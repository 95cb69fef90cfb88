import * as v from 'valibot';
import { createRandom } from '../base/random';
import type { TokenReader } from './packed-file';
import { type DataResult, dataError } from './problems';

/** Sequences to train on: `targets` is `inputs` moved on by one token. */
export interface Batch {
  /** Token ids `[batch, seq]`, row by row. */
  readonly inputs: Int32Array;
  /** The token that follows each input, `[batch, seq]`. */
  readonly targets: Int32Array;
  readonly batch: number;
  readonly seq: number;
}

const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const stateSchema = v.object({
  version: v.literal(1),
  /** Completed passes over the data. */
  epoch: whole,
  /** Windows already given in this pass. */
  index: whole,
  // The order belongs to these; continuing with others would be another run.
  seed: v.number(),
  seq: whole,
  tokens: whole,
});

/** Where the sampling is: plain JSON for a checkpoint. */
export type BatchState = v.InferOutput<typeof stateSchema>;

/** An endless stream of training batches. */
export interface TrainingBatches {
  /** The next batch, in arrays of its own. Gradient accumulation just takes more batches. */
  next(): Batch;
  /** What `createTrainingBatches` needs to go on after the last batch, bit for bit. */
  state(): BatchState;
  /** Windows in the present pass. */
  windowsPerEpoch(): number;
  /** Passes over the data so far, with fraction. */
  epochs(): number;
}

export interface TrainingBatchesOptions {
  readonly batch: number;
  /** Window length: the context of the model. */
  readonly seq: number;
  readonly seed: number;
  /** A state from before, to continue. Anything parsed from JSON. */
  readonly state?: unknown;
}

/**
 * Samples windows of `seq` tokens without replacement. Each pass cuts the tokens into windows that do not overlap,
 * starting at a random offset below `seq`, so that the borders differ from pass to pass, and gives them in random
 * order. A batch that is not full at the end of a pass goes on with the next. Offset and order depend on the seed and
 * the number of the pass only, so the place in the stream is two numbers.
 */
export function createTrainingBatches(
  reader: TokenReader,
  { batch, seq, seed, state }: TrainingBatchesOptions,
): DataResult<TrainingBatches> {
  checkShape(batch, seq);
  if (reader.tokens < seq + 1) return { value: null, problems: [tooSmall(reader.tokens, seq)] };

  let epoch = 0;
  let index = 0;
  if (state !== undefined) {
    const parsed = v.safeParse(stateSchema, state);
    const expected = { seed, seq, tokens: reader.tokens };
    const differs = parsed.success ? firstDifference(parsed.output, expected) : 'it is not a state of this version';
    if (!parsed.success || differs !== null) {
      return {
        value: null,
        problems: [
          dataError('state-mismatch', {
            what: 'The data position of the checkpoint does not fit.',
            why: `The order of the data would change: ${differs}.`,
            todo: 'Resume with the data, context and seed of the run, or start a new run.',
          }),
        ],
      };
    }
    epoch = parsed.output.epoch;
    index = parsed.output.index;
  }

  const random = createRandom(seed).split('batches');
  let pass = passOf(epoch);
  const window = new Int32Array(seq + 1);

  function passOf(number: number): { offset: number; order: Uint32Array } {
    const draws = random.split(number);
    const offset = draws.below(Math.min(seq, reader.tokens - seq));
    const order = Uint32Array.from({ length: Math.floor((reader.tokens - 1 - offset) / seq) }, (_, at) => at);
    draws.shuffle(order);
    return { offset, order };
  }

  const value: TrainingBatches = {
    next() {
      const inputs = new Int32Array(batch * seq);
      const targets = new Int32Array(batch * seq);
      for (let row = 0; row < batch; row++) {
        if (index >= pass.order.length) {
          epoch++;
          index = 0;
          pass = passOf(epoch);
        }
        reader.read(pass.offset + (pass.order[index++] ?? 0) * seq, seq + 1, window);
        inputs.set(window.subarray(0, seq), row * seq);
        targets.set(window.subarray(1), row * seq);
      }
      return { inputs, targets, batch, seq };
    },
    state: () => ({ version: 1, epoch, index, seed, seq, tokens: reader.tokens }),
    windowsPerEpoch: () => pass.order.length,
    epochs: () => epoch + index / pass.order.length,
  };
  return { value, problems: [] };
}

function firstDifference(
  found: BatchState,
  expected: { readonly seed: number; readonly seq: number; readonly tokens: number },
): string | null {
  const names = { seed: 'the seed', seq: 'the context', tokens: 'the number of training tokens' } as const;
  for (const key of ['seed', 'seq', 'tokens'] as const) {
    if (found[key] !== expected[key]) return `${names[key]} was ${found[key]} and is ${expected[key]}`;
  }
  return null;
}

/** Programmer errors: the shape comes from a checked spec. */
export function checkShape(batch: number, seq: number): void {
  if (!Number.isInteger(batch) || batch < 1 || !Number.isInteger(seq) || seq < 1) {
    throw new RangeError(`Batches expect batch and seq of at least 1, got ${batch} and ${seq}`);
  }
}

/** The problem of data shorter than one window. */
export function tooSmall(tokens: number, seq: number) {
  return dataError('too-small', {
    what: `The text has only ${tokens} tokens.`,
    why: `One window of context ${seq} needs ${seq + 1}: each token and the one after it.`,
    todo: 'Use more text or a smaller context.',
  });
}
