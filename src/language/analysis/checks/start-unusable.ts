import { problem } from '../problem';
import type { Check } from './check';
import { eachStart, isTokenizerWritten } from './starts';

/** A run that starts from what is not there, or holds no weights. */
export const startUnusable: Check = (file, facts) =>
  eachStart(file, facts, ({ train, facts: { problem: why, title, hasTokenizer }, place }) => {
    if (why !== null) return [problem('start-unusable', place, { why })];
    if (hasTokenizer || isTokenizerWritten(train)) return [];
    const missing = `There is no tokenizer.json beside these weights (${title}), and the data block names no tokenizer. Add the one that they were trained with: \`tokenizer hf { file = "…" }\`.`;
    return [problem('start-unusable', place, { why: missing })];
  });
