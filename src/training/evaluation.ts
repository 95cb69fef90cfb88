import type { Batch } from '../data/training-batches';

/** Loss on held-out text, in the three ways it is told. */
export interface Evaluation {
  /** Mean cross-entropy in nats per token. */
  readonly loss: number;
  /** exp(loss): of how many tokens the model is as unsure. Depends on the tokenizer. */
  readonly perplexity: number;
  /** loss * tokens / (bytes * ln 2): does not depend on the tokenizer. */
  readonly bitsPerByte: number;
  /** Tokens predicted. */
  readonly evalTokens: number;
}

export interface EvaluationText {
  readonly batches: Iterable<Batch>;
  /** UTF-8 bytes of text per token, counted over the whole held-out part. */
  readonly bytesPerToken: number;
}

/** Measures the loss on all batches, each weighted by its number of tokens. `lossOf` gives the mean loss of one batch. */
export function evaluate(text: EvaluationText, lossOf: (batch: Batch) => number): Evaluation {
  let sum = 0;
  let evalTokens = 0;
  for (const batch of text.batches) {
    const tokens = batch.batch * batch.seq;
    sum += lossOf(batch) * tokens;
    evalTokens += tokens;
  }
  if (evalTokens === 0) throw new Error('Expected held-out text of at least one batch, got none.');
  const loss = sum / evalTokens;
  return {
    loss,
    perplexity: Math.exp(loss),
    bitsPerByte: loss / (text.bytesPerToken * Math.LN2),
    evalTokens,
  };
}
