import type { ModelWeight } from '../../architecture/model';
import { publishedLayout, publishedName, toPublished } from './dialects';
import { toRowGroups } from './row-groups';

/** How published files of a class spell what transformers joins or calls otherwise in memory. */
interface Spelling {
  /** Names of an expert's gate, up and down; left out where experts stay stacked. */
  readonly expert?: { readonly gate: string; readonly up: string; readonly down: string };
  readonly renames?: readonly (readonly [from: RegExp, to: string])[];
  /** One convolution each for queries, keys and values. */
  readonly splitConvolution?: true;
}

const named = { gate: 'gate_proj', up: 'up_proj', down: 'down_proj' };
const numbered = { gate: 'w1', up: 'w3', down: 'w2' };
const block = [/\.mlp\./, '.block_sparse_moe.'] as const;

const spellings: Readonly<Record<string, Spelling>> = {
  afmoe: { expert: named },
  deepseek_v3: { expert: named },
  deepseek_v32: { expert: named },
  glm4_moe: { expert: named },
  kimi_k2: { expert: named },
  kimi_linear: {
    expert: numbered,
    renames: [block, [/\.self_attn\.forget_gate\./, '.self_attn.']],
    splitConvolution: true,
  },
  mimo_v2_flash: { expert: named, renames: [[/\.sinks$/, '.attention_sink_bias']] },
  minimax_m2: { expert: numbered, renames: [block] },
  mixtral: { expert: numbered, renames: [block] },
  nemotron_h: { expert: named, renames: [[/^model\./, 'backbone.']] },
  qwen3_moe: { expert: named },
  qwen3_next: { expert: named },
};

/** A tensor as it is published: a whole one, or a piece of one of the table's. */
export interface PublishedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Takes the tensor of the table and gives what is published. */
  arrange(data: Float32Array): Float32Array;
}

/** What a tensor of the table becomes in a published checkpoint of this class. */
export function publishedTensors(modelType: string, entry: ModelWeight): readonly PublishedTensor[] {
  if (entry.hfName === null || entry.tiedTo !== undefined) return [];
  const spelling = spellings[modelType] ?? {};
  const inMemory = publishedName(modelType, entry.hfName);
  const name = (spelling.renames ?? []).reduce((text, [from, to]) => text.replace(from, to), inMemory);
  const shape = Object.values(entry.shape);
  const stacked = /^(.*\.experts)\.(gate_up_proj|up_proj|down_proj)$/.exec(name);
  if (stacked !== null && spelling.expert !== undefined) {
    const [, place = '', part = ''] = stacked;
    return expertPieces(place, part, spelling.expert, shape);
  }
  if (spelling.splitConvolution && name.endsWith('.conv1d.weight')) {
    const parts = ['q', 'k', 'v'].map(letter => name.replace(/\.conv1d\.weight$/, `.${letter}_conv1d.weight`));
    return slices(parts, shape);
  }
  const layout = publishedLayout(modelType, inMemory);
  const [first = 1, rows = 1, columns = 1] = shape;
  return [
    {
      name,
      shape: layout?.transposed ? [first, columns, rows] : shape,
      arrange: data => (layout === null ? toRowGroups(data, entry) : toPublished(data, shape, layout)),
    },
  ];
}

/** One tensor per expert and projection. */
function expertPieces(
  place: string,
  part: string,
  { gate, up, down }: NonNullable<Spelling['expert']>,
  [experts = 1, rows = 1, columns = 1]: readonly number[],
): readonly PublishedTensor[] {
  const words = part === 'gate_up_proj' ? [gate, up] : [part === 'up_proj' ? up : down];
  return Array.from({ length: experts }, (_, expert) =>
    words.map((word, index): PublishedTensor => {
      const height = rows / words.length;
      const start = (expert * rows + index * height) * columns;
      return {
        name: `${place}.${expert}.${word}.weight`,
        shape: [height, columns],
        arrange: data => data.slice(start, start + height * columns),
      };
    }),
  ).flat();
}

/** Equal parts along the first dimension. */
function slices(names: readonly string[], [rows = 1, ...rest]: readonly number[]): readonly PublishedTensor[] {
  const height = rows / names.length;
  const size = height * rest.reduce((product, each) => product * each, 1);
  return names.map((name, index) => ({
    name,
    shape: [height, ...rest],
    arrange: data => data.slice(index * size, (index + 1) * size),
  }));
}
