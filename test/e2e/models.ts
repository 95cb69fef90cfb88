import { type ModelFile, modelFile, whaleData, whales } from '../support/model-file';

/** What a journey trains on. */
export const text = whales(3000);

export interface TinyModel extends Pick<ModelFile, 'name' | 'hidden' | 'layers'> {
  readonly steps?: number;
}

/** A model that makes hundreds of steps a second, on `text.txt`. */
export const tinyModel = ({ steps = 400, ...model }: TinyModel): string =>
  modelFile({
    context: 32,
    hidden: 32,
    layers: 1,
    ...model,
    width: '2 * hidden',
    data: whaleData,
    train: [
      'optimizer adamw { lr = 3e-3 }',
      'schedule cosine { warmup = 5%  floor = 10% }',
      'batch         = 4',
      `steps         = ${steps}`,
      'eval_every    = 100',
      'eval_tokens   = 2048',
      'sample_every  = 200',
      'sample_tokens = 48',
      'prompts       = ["The whale "]',
    ],
  });
