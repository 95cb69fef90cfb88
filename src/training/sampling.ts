import type { TrainSpec } from '../architecture/model';
import { createRandom } from '../base/random';
import type { Tokenizer } from '../data/tokenizers/tokenizer';
import { generate } from '../engine/generate';
import type { Model } from '../engine/model';
import type { SampleRow } from '../protocol/run-records';

/**
 * Continues the prompts of a run. Each prompt draws from a stream named by seed, step and place, so samples are the same
 * however often the run was interrupted, and change no other random choice.
 */
export async function sampleTexts(
  model: Model,
  tokenizer: Tokenizer,
  train: Pick<TrainSpec, 'prompts' | 'sampleTokens' | 'temperature' | 'seed' | 'precision'>,
  step: number,
  signal?: AbortSignal,
): Promise<SampleRow[]> {
  const rows: SampleRow[] = [];
  for (const [index, prompt] of train.prompts.entries()) {
    const tokens = await generate(model, {
      prompt: promptTokens(tokenizer, prompt),
      tokens: train.sampleTokens,
      temperature: train.temperature,
      random: createRandom(train.seed).split('samples').split(step).split(index),
      stop: tokenizer.endOfText,
      precision: train.precision,
      ...(signal === undefined ? {} : { signal }),
    });
    rows.push({ step, prompt, text: decodeKnown(tokenizer, tokens) });
  }
  return rows;
}

/**
 * Text of tokens that a model drew. A model may have a larger vocabulary than its tokenizer (rounded up, or a text with
 * few different characters), and an untrained one draws such ids too: they stand for no text.
 */
export const decodeKnown = (tokenizer: Tokenizer, tokens: readonly number[]): string =>
  tokenizer.decode(tokens.filter(id => id < tokenizer.vocabSize));

/** Ids of a prompt; an empty one begins where documents begin. */
export function promptTokens(tokenizer: Tokenizer, prompt: string): number[] {
  const ids = tokenizer.encode(prompt);
  if (ids.length > 0) return ids;
  return tokenizer.endOfText === null ? tokenizer.encode('\n') : [tokenizer.endOfText];
}
