import type { Instance } from '../../../architecture/component';
import { settingsIf } from '../../../architecture/registry';
import { problem } from '../problem';
import { type Check, fixValue, placeOf } from './check';

/** Tokens of a `bytes` tokenizer: 256 bytes and the end of a document. */
const byteTokens = 257;

/** A tokenizer whose size is not the vocabulary of the model that reads it. */
export const vocabularyMismatch: Check = file =>
  file.trains.flatMap(train => {
    const { experiment, model } = train;
    if (experiment === undefined || model === undefined || train.approximate) return [];
    const tokenizer = sizeOf(experiment.data.tokenizer);
    const { vocab } = experiment.model;
    if (tokenizer === undefined || tokenizer === vocab) return [];
    const place = placeOf(file, model.resolved, 'vocab');
    const fixes = fixValue(file, model.resolved, 'vocab', String(tokenizer));
    const params = { tokenizer, model: vocab };
    return [
      tokenizer > vocab
        ? problem('tokenizer-larger-than-model', place, params, { fixes })
        : problem('tokenizer-smaller-than-model', place, params, { fixes }),
    ];
  });

/** Size of a tokenizer where its settings alone tell it. */
function sizeOf(tokenizer: Instance): number | undefined {
  if (tokenizer.id === 'tokenizer.bytes') return byteTokens;
  return settingsIf(tokenizer, 'tokenizer.bpe')?.vocab;
}
