import type { TokenReader } from './packed-file';
import { type DataResult, dataWarning } from './problems';
import { type Batch, checkShape, tooSmall } from './training-batches';

export interface ValidationBatchesOptions {
  readonly batch: number;
  readonly seq: number;
  /** At most this many tokens are predicted in all. */
  readonly maxTokens: number;
}

/** The same batches every time, so that losses of different steps and runs can be compared. */
export interface ValidationBatches extends Iterable<Batch> {
  /** Tokens that one evaluation predicts. */
  readonly tokens: number;
  readonly windows: number;
}

/**
 * Windows that do not overlap, in order of the text. Where `maxTokens` allows fewer than there are, they are spread
 * evenly over the text. The last batch may have fewer rows. Text shorter than a window becomes one shorter window, with
 * a warning; less than two tokens give null and an error.
 */
export function createValidationBatches(
  reader: TokenReader,
  { batch, seq, maxTokens }: ValidationBatchesOptions,
): DataResult<ValidationBatches> {
  checkShape(batch, seq);
  if (reader.tokens < 2) return { value: null, problems: [tooSmall(reader.tokens, seq)] };
  const length = Math.min(seq, reader.tokens - 1);
  const available = Math.floor((reader.tokens - 1) / length);
  const windows = Math.min(available, Math.max(1, Math.floor(maxTokens / length)));
  const problems =
    length === seq
      ? []
      : [
          dataWarning('too-small', {
            what: `Validation has only ${reader.tokens} tokens.`,
            why: `A full window of context ${seq} needs ${seq + 1}; losses come from one of ${length}.`,
            todo: 'Use more text or a larger holdout.',
          }),
        ];

  function* batches(): Generator<Batch> {
    const window = new Int32Array(length + 1);
    for (let first = 0; first < windows; first += batch) {
      const rows = Math.min(batch, windows - first);
      const inputs = new Int32Array(rows * length);
      const targets = new Int32Array(rows * length);
      for (let row = 0; row < rows; row++) {
        const place = Math.floor(((first + row) * available) / windows);
        reader.read(place * length, length + 1, window);
        inputs.set(window.subarray(0, length), row * length);
        targets.set(window.subarray(1), row * length);
      }
      yield { inputs, targets, batch: rows, seq: length };
    }
  }

  return { value: { tokens: windows * length, windows, [Symbol.iterator]: batches }, problems };
}
