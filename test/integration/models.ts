import { modelFile, whaleData } from '../support/model-file';

/** A model that trains hundreds of steps a second, on `text.txt`. */
export const tiny = (steps: number, name = 'tiny'): string =>
  modelFile({
    name,
    layers: 1,
    data: whaleData,
    train: [
      'batch            = 2',
      `steps            = ${steps}`,
      'eval_every       = 20',
      'eval_tokens      = 256',
      'sample_every     = 50',
      'sample_tokens    = 8',
      'checkpoint_every = 50',
    ],
  });
