import { costsOf } from '../../../architecture/costs';
import { tokensPerStep } from '../../../architecture/model';
import { problem } from '../problem';
import { type Check, placeOf } from './check';

/** Runs that are far too short or too long for their model (Hoffmann et al., 2022: about 20 tokens per parameter). */
export const tokensPerParameter: Check = file =>
  file.trains.flatMap(train => {
    const { experiment } = train;
    if (experiment === undefined || train.approximate) return [];
    const tokens = experiment.train.steps * tokensPerStep(experiment);
    const parameters = costsOf(experiment.model).total;
    const place = placeOf(
      file,
      train.resolved,
      train.resolved.settings.get('tokens')?.value === null ? 'steps' : 'tokens',
    );
    // Weights that have learned already need few tokens to learn something more.
    const isFresh = (experiment.train.start ?? null) === null;
    if (tokens < parameters && isFresh) return [problem('few-tokens-per-parameter', place, { tokens, parameters })];
    if (tokens > 200 * parameters) return [problem('many-tokens-per-parameter', place, { tokens, parameters })];
    return [];
  });
