/** What a journey trains on: every sentence is alike, so a tiny model learns something in seconds. */
export const text = Array.from(
  { length: 3000 },
  (_, index) =>
    `The whale number ${index} swam ${(index * 7) % 13} miles to the ${['north', 'south', 'east'][index % 3]}. `,
).join('\n');

export interface TinyModel {
  readonly name: string;
  readonly hidden?: number;
  readonly layers?: number;
  readonly steps?: number;
  readonly lr?: string;
}

/** A model that makes hundreds of steps a second, on `text.txt`. */
export const tinyModel = ({ name, hidden = 32, layers = 1, steps = 400, lr = '3e-3' }: TinyModel): string =>
  `# Small enough for a test.
model ${name} {
  vocab   = 257
  context = 32
  hidden  = ${hidden}

  layer block {
    norm rms
    attention gqa { heads = 2 }
    position rope
    ffn swiglu { width = 2 * hidden }
  }
  layers = block * ${layers}
}

data whales {
  source = "text.txt"
  tokenizer bytes
}

train {
  optimizer adamw { lr = ${lr} }
  schedule cosine { warmup = 5%  floor = 10% }
  batch         = 4
  steps         = ${steps}
  eval_every    = 100
  eval_tokens   = 2048
  sample_every  = 200
  sample_tokens = 48
  prompts       = ["The whale "]
}
`;
