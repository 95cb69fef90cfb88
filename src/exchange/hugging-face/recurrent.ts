import type { ModelSpec } from '../../architecture/model';
import type { JsonObject } from './config-json';
import type { ConfigReader } from './config-reader';
import { readSizes } from './read-common';
import { writeSizes } from './write-common';

/** Length that the published recurrent models were trained on; nothing in their configs says one. */
const usualContext = 2048;

/** Sizes of models without attention, whose configs need no length. */
export function readRecurrentSizes(config: ConfigReader): ReturnType<typeof readSizes> {
  return readSizes(config, { context: config.optionalWhole('max_position_embeddings') ?? usualContext });
}

export const writeRecurrentSizes = (spec: ModelSpec): JsonObject => ({
  ...writeSizes(spec),
  layer_norm_epsilon: spec.finalNorm.config.epsilon as number,
});
