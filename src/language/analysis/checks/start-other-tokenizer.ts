import type { StartFacts } from '../../../architecture/start-facts';
import { tokenizerOfStart } from '../../../architecture/start-path';
import { problem } from '../problem';
import type { Check } from './check';
import { eachStart, isTokenizerWritten } from './starts';

/** Tokenizers that learn their tokens from the text. */
const learned = ['tokenizer.bpe', 'tokenizer.chars'];

/** A tokenizer that makes its own tokens, where the weights of the start know those of another. */
export const startOtherTokenizer: Check = (file, facts) =>
  eachStart(file, facts, ({ train, facts: start, place }) => {
    const { experiment } = train;
    if (experiment === undefined || start.problem !== null || start.misfit !== null || !start.hasTokenizer) return [];
    const { data } = experiment;
    if (!isTokenizerWritten(train) || !learned.includes(data.tokenizer.id) || isSameText(data, start)) return [];
    const block = train.data?.resolved.slots.get('tokenizer')?.block;
    const newText = `tokenizer hf { file = ${JSON.stringify(tokenizerOfStart(experiment.train.start ?? ''))} }`;
    const fixes =
      block === undefined
        ? []
        : [{ title: 'Read with the tokenizer of the start', edits: [{ start: block.start, end: block.end, newText }] }];
    const span = block ?? place;
    return [problem('start-other-tokenizer', span, { title: start.title }, { fixes })];
  });

/** A run that learned its tokens from the same text learned the same ones. */
const isSameText = (data: StartFacts['data'], start: StartFacts): boolean =>
  start.data !== null && JSON.stringify(data) === JSON.stringify(start.data);
