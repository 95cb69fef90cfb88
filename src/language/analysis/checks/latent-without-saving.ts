import { problem } from '../problem';
import { type Check, exactModels, layersWith, numberOf, placeOf } from './check';

/** Latent attention whose latent is as large as the keys and values that it stands for. */
export const latentWithoutSaving: Check = file =>
  exactModels(file).flatMap(model =>
    layersWith(model, 'attention', 'attention.mla').flatMap(([, attention]) => {
      const size = (name: string): number => numberOf(attention, name) ?? 0;
      const kept = size('kv_rank') + size('rope_dim');
      const plain = size('heads') * (size('nope_dim') + size('rope_dim') + size('value_dim'));
      return kept < plain
        ? []
        : [problem('latent-without-saving', placeOf(file, attention, 'kv_rank'), { kept, plain })];
    }),
  );
