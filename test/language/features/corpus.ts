import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');

/** A file of models with data and runs, and with the mistakes that people make. */
const workshop = `# Two models that differ in shape, and a run of each.
# Edited by several people.

model deep {
  vocab = 8192
  context = 256
  hidden = 128

  layer local {
    norm rms { place = sandwich }
    attention gqa { heads = 4  kv_heads = 2  window = 64  qk_norm = head }
    position rope { theta = 10k  scaling linear { factor = 2 } }
    ffn mlp { width = 4 * hidden }
  }
  layer global from local {
    attention { window = none }
  }
  layers = (local * 2,
            global) * 4
}

model wide from deep {
  hidden = 256   # twice
  layer spare {
    attention gqa { heads = 2 }
  }
  layers = local * 3
}

# region data
data corpus {
  source = "data/*.txt"
  tokenizer bpe { vocab = 8192 }
}
# endregion

train first {
  model = deep
  data = corpus
  optimizer adamw { lr = 3e-3  betas = [0.9, 0.95] }
  tokens = 20M
}

train second from first {
  model = wide
  batch = 32
  sede = 3
}
`;

/** Files to try everything on, by name. */
export const corpus: readonly (readonly [name: string, text: string])[] = [
  ['workshop', workshop],
  ...['gemma-3-1b', 'supra-mini-v4'].map(
    name => [name, readFileSync(join(root, `gallery/${name}.supra`), 'utf8')] as const,
  ),
];

/** Every file that comes with Supra. */
export const galleryFiles: readonly string[] = readdirSync(join(root, 'gallery'))
  .filter(file => file.endsWith('.supra'))
  .map(file => readFileSync(join(root, 'gallery', file), 'utf8'));
