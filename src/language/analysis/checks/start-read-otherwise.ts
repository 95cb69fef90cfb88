import { problem } from '../problem';
import type { Check } from './check';
import { eachStart } from './starts';

/** A model that fits the weights it starts from, and computes something else with them. */
export const startReadOtherwise: Check = (file, facts) =>
  eachStart(file, facts, ({ facts: { otherwise, title }, place }) =>
    otherwise === null ? [] : [problem('start-read-otherwise', place, { ...otherwise, title })],
  );
