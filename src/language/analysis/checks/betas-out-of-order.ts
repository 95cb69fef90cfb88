import { problem } from '../problem';
import { betasOf } from './betas';
import { type Check, placeOf } from './check';

/** Betas with which Adam is known not to converge: the first must stay below the root of the second. */
export const betasOutOfOrder: Check = file =>
  file.trains.flatMap(train => {
    const betas = betasOf(train);
    if (betas === undefined || betas.first < Math.sqrt(betas.second)) return [];
    const { optimizer, first, second } = betas;
    return [problem('betas-out-of-order', placeOf(file, optimizer, 'betas'), { first, second })];
  });
