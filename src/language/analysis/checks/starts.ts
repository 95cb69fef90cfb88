import type { StartFacts } from '../../../architecture/start-facts';
import type { Problem } from '../problem';
import type { ResolvedFile, ResolvedTrain } from '../resolved';
import { type Facts, placeOf } from './check';

/** A run that starts from weights that somebody has looked at. */
interface KnownStart {
  readonly train: ResolvedTrain;
  readonly facts: StartFacts;
  /** Where a problem with it is shown. */
  readonly place: ReturnType<typeof placeOf>;
}

/** Applies a rule to every run of a file that starts from weights about which something is known. */
export const eachStart = (
  file: ResolvedFile,
  { startOf }: Facts,
  rule: (start: KnownStart) => readonly Problem[],
): readonly Problem[] =>
  file.trains.flatMap(train => {
    const start = train.resolved.settings.get('start')?.value;
    if (typeof start !== 'string') return [];
    // Of a model with mistakes nobody knows whether the weights are its own.
    const model = train.approximate ? undefined : train.model?.spec;
    const facts = startOf(start, model ?? null);
    return facts === null ? [] : rule({ train, facts, place: placeOf(file, train.resolved, 'start') });
  });

/** Whether somebody wrote which tokenizer a run reads with. */
export const isTokenizerWritten = ({ data }: ResolvedTrain): boolean =>
  (data?.resolved.slots.get('tokenizer')?.written.length ?? 0) > 0;
