import type { Instance } from '../../architecture/component';
import type { ModelSpec } from '../../architecture/model';
import type { SettingsOf } from '../../architecture/registry';
import type { JsonObject } from './config-json';
import type { ConfigReader } from './config-reader';
import { branch, perLayer, readSizes } from './read-common';
import { writeSizes } from './write-common';

/** Length that the published recurrent models were trained on; nothing in their configs says one. */
const usualContext = 2048;

/** Sizes of models without attention, whose configs need no length. */
export function readRecurrentSizes(config: ConfigReader): ReturnType<typeof readSizes> {
  return readSizes(config, { context: config.optionalWhole('max_position_embeddings') ?? usualContext });
}

/** A stack in which every layer is this mixer and nothing else. */
export function recurrentLayers(config: ConfigReader, { sizes, make }: ReturnType<typeof readSizes>, mixer: Instance) {
  const block = {
    norm: make('norm.rms', { epsilon: config.real('layer_norm_epsilon') }),
    position: make('position.rope'),
    branches: [branch('mixer', mixer)],
  };
  return { sizes, make, layers: perLayer(sizes, () => block) };
}

/** What both Mambas call alike. */
export const writeMamba = (mixer: Mamba | undefined): JsonObject => ({
  hidden_act: 'silu',
  state_size: mixer?.state,
  conv_kernel: mixer?.taps,
  use_bias: mixer?.bias,
  use_conv_bias: mixer?.taps_bias,
});

type Mamba = Pick<SettingsOf<'mixer.mamba1'>, 'state' | 'taps' | 'bias' | 'taps_bias'>;

export const writeRecurrentSizes = (spec: ModelSpec): JsonObject => ({
  ...writeSizes(spec),
  layer_norm_epsilon: spec.finalNorm.config.epsilon as number,
});
