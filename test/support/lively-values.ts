import type { Weight } from '../../src/architecture/component';
import type { Random } from '../../src/base/random';

/**
 * Values of a tensor that differ from their neutral ones, so that leaving the tensor out changes the result. The larger the
 * `deviation`, the more so, and the more rounding errors grow on their way through the layers.
 */
export const livelyValues = (
  { init }: Pick<Weight, 'init'>,
  data: Float32Array,
  random: Random,
  deviation = 0.25,
): Float32Array =>
  data.map(value => (init.kind === 'constant' ? value + 0.3 * random.normal() : deviation * random.normal()));
