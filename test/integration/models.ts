/** 5,244,672 parameters: the third model of the founding study. */
export const wide = `model shallow_wide {
  vocab   = 8192
  context = 512
  hidden  = 256

  layer block {
    norm rms
    attention gqa { heads = 8 }
    position rope { theta = 10k }
    ffn swiglu { width = 4 * hidden }
  }
  layers = block * 3
}
`;

/** A model that trains hundreds of steps a second. */
export const tiny = (steps: number, name = 'tiny'): string => `model ${name} {
  vocab   = 257
  context = 16
  hidden  = 16

  layer block {
    attention gqa { heads = 2 }
    ffn swiglu { width = 32 }
  }
  layers = block
}

data whales {
  source = "text.txt"
  tokenizer bytes
}

train {
  batch            = 2
  steps            = ${steps}
  eval_every       = 20
  eval_tokens      = 256
  sample_every     = 50
  sample_tokens    = 8
  checkpoint_every = 50
}
`;

export const text = Array.from({ length: 400 }, (_, index) => `The whale number ${index} swam to the north.`).join(
  '\n',
);
