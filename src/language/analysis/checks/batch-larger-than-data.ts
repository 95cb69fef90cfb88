import { tokensPerStep } from '../../../architecture/model';
import { problem } from '../problem';
import { type Check, placeOf } from './check';

/**
 * Bytes per token that a tokenizer can hardly exceed on prose, so that the number of tokens is not overestimated:
 * larger vocabularies make longer tokens.
 */
const bytesPerToken: Readonly<Record<string, number>> = {
  'tokenizer.bytes': 1,
  'tokenizer.chars': 1,
  'tokenizer.bpe': 3,
  'tokenizer.hf': 4,
};

/** A step that reads more tokens than the text has. */
export const batchLargerThanData: Check = (file, facts) =>
  file.trains.flatMap(train => {
    const { experiment } = train;
    if (experiment === undefined || train.approximate) return [];
    const { source, holdout, tokenizer } = experiment.data;
    const bytes = facts.dataBytes(source);
    if (bytes === null) return [];
    const dataTokens = Math.round((bytes * (1 - holdout)) / (bytesPerToken[tokenizer.id] ?? 4));
    const stepTokens = tokensPerStep(experiment);
    if (stepTokens <= dataTokens) return [];
    return [problem('batch-larger-than-data', placeOf(file, train.resolved, 'batch'), { stepTokens, dataTokens })];
  });
