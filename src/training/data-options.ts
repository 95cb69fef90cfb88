import { join } from 'node:path';
import type { DataSpec } from '../architecture/model';
import { type IdOf, settingsIf } from '../architecture/registry';
import type { DataOptions, TokenizerOptions } from '../data/prepare-data';

/** What the data preparation needs to know of a tokenizer of the registry. Total, so that a new one is not forgotten. */
const tokenizerOptions: { readonly [Id in IdOf<'tokenizer'>]: (data: DataSpec) => TokenizerOptions } = {
  'tokenizer.bytes': () => ({ kind: 'bytes', endOfText: true }),
  'tokenizer.chars': () => ({ kind: 'chars' }),
  'tokenizer.bpe': data => ({ kind: 'bpe', vocab: settingsIf(data.tokenizer, 'tokenizer.bpe')?.vocab ?? 0 }),
  'tokenizer.hf': data => ({ kind: 'hf', file: settingsIf(data.tokenizer, 'tokenizer.hf')?.file ?? '' }),
};

/** A data block as the data preparation takes it. What is held out does not depend on the run's seed, so runs compare. */
export const dataOptionsOf = (data: DataSpec, context: number): DataOptions => ({
  source: data.source,
  textField: data.textField,
  tokenizer: tokenizerOptions[data.tokenizer.id](data),
  holdout: data.holdout,
  context,
});

/** Where the tokens of a workspace are kept. */
export const cacheFolder = (root: string): string => join(root, '.supra', 'cache');
