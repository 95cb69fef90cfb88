/** What keeps a format from holding a model. */
export interface Obstacle {
  /** `attention.window`, `head.softcap`, `position`: the words of its blocks from the layer, or the model, down. */
  readonly setting: string;
  /** The layer of the stack that it stands in, counted from 1; null: in the model itself, or in whichever layer has it. */
  readonly layer: number | null;
  /** A sentence without its full stop: `window = 64`: attention of llama sees every earlier token. */
  readonly text: string;
}

/** A format that a trained model cannot be written as. */
export interface Unfit {
  readonly format: 'hf' | 'gguf';
  /** What comes nearest to the model there, a class of transformers or an architecture of llama.cpp; null: nothing does. */
  readonly nearest: string | null;
  /** What that one has otherwise. */
  readonly obstacles: readonly Obstacle[];
}
