/** A model that trains in seconds and has one thing to warn about. */
export const tinyModel = (name: string, layers: number, steps = 400): string => `# A tiny model for the journeys.
model ${name} {
  vocab   = 256
  context = 64
  hidden  = 64

  layer block {
    norm rms
    attention gqa { heads = 4 }
    position rope
    ffn swiglu { width = 2 * hidden }
  }
  layers = block * ${layers}
}

data whale {
  source = "moby-dick"
  tokenizer bytes
}

train {
  optimizer adamw { lr = 3e-3 }
  schedule cosine { warmup = 5%  floor = 10% }
  batch        = 8
  steps        = ${steps}
  eval_every   = ${Math.max(10, Math.round(steps / 8))}
  eval_tokens  = 4096
  sample_every = ${Math.max(20, Math.round(steps / 4))}
  sample_tokens = 60
  prompts      = ["The whale "]
}
`;
