import { llama3Frequency } from '../../architecture/components/scaling/llama3';
import { type Branch, layerAt, type ModelSpec, type ModelWeight, modelWeights } from '../../architecture/model';
import { settingsIf } from '../../architecture/registry';
import { ropeOf } from '../hugging-face/write-common';
import type { GgufArchitecture } from './architectures';
import { fittingType, type GgufType } from './number-types';
import type { GgufTensor } from './write-gguf';

export interface TensorOptions {
  /** Of matrices; what is added or multiplied per channel, and what llama.cpp wants whole, stays f32. */
  readonly type: GgufType;
  /** A tensor of the model by its path. */
  read(path: string): Float32Array;
}

/** The tensors of a model as this architecture of llama.cpp has them. */
export function ggufTensors(spec: ModelSpec, architecture: GgufArchitecture, options: TensorOptions): GgufTensor[] {
  const tensors = modelWeights(spec).flatMap(entry => {
    if (entry.tiedTo === undefined)
      return piecesOf(spec, architecture, entry).map(piece => tensorOf(entry, piece, options));
    if (architecture.ownHead !== true) return [];
    const piece = { name: 'output.weight', shape: Object.values(entry.shape), arrange: same };
    return [tensorOf({ ...entry, path: entry.tiedTo }, piece, options)];
  });
  return [...tensors, ...missingBiases(spec), ...frequencyTensor(spec, architecture)];
}

/** A tensor of the file that is made from one of the table. */
interface Piece {
  readonly name: string;
  readonly shape: readonly number[];
  arrange(data: Float32Array): Float32Array;
}

const same = (data: Float32Array): Float32Array => data;

function tensorOf(entry: ModelWeight, { name, shape, arrange }: Piece, { type, read }: TensorOptions): GgufTensor {
  const isMatrix = (entry.role === 'matmul' && entry.name !== 'router') || entry.role === 'lookup';
  return {
    name,
    shape,
    type: isMatrix ? fittingType(type, shape.at(-1) ?? 1) : 'f32',
    read: () => arrange(read(entry.path)),
  };
}

function piecesOf(spec: ModelSpec, architecture: GgufArchitecture, entry: ModelWeight): readonly Piece[] {
  const { ggufName, ggufParts, layer } = entry;
  const shape = Object.values(entry.shape);
  const body = layer === null ? undefined : layerAt(spec, layer).branches.find(({ kind }) => kind === entry.part);
  if (ggufParts !== undefined)
    return stackedParts(
      ggufParts.map(part => `blk.${layer}.${part}`),
      shape,
    );
  if (ggufName === null) throw new Error(`Expected a place in GGUF for ${entry.path}.`);
  const name = architecture.rename?.(ggufName) ?? ggufName;
  const latent = body === undefined ? null : settingsIf(body.body, 'attention.mla');
  if (latent !== null && entry.name === 'key_value') return latentParts(`blk.${layer}`, latent);
  const changes = [
    unitOffset(spec, entry),
    ...(body === undefined ? [] : [neighbours(body, architecture, entry), scores(body, entry)]),
    entry.name === 'decay' ? (data: Float32Array) => data.map(value => -Math.exp(value)) : same,
  ];
  return [
    { name, shape: storedShape(body, entry), arrange: data => changes.reduce((each, change) => change(each), data) },
  ];
}

/** Norm weights that count from 1 are written as what they multiply by. */
const unitOffset = (spec: ModelSpec, { role }: ModelWeight) =>
  role === 'scale' && spec.finalNorm.config.unit_offset === true
    ? (data: Float32Array) => data.map(value => value + 1)
    : same;

/** Recurrent tensors that llama.cpp wants in other dimensions. */
function storedShape(body: Branch | undefined, entry: ModelWeight): readonly number[] {
  const shape = Object.values(entry.shape);
  if (entry.role === 'filter') return [shape[0] ?? 1, shape.at(-1) ?? 1];
  const mixer = body === undefined ? null : settingsIf(body.body, 'mixer.mamba2');
  if (mixer === null) return shape;
  if (entry.name === 'decay' || entry.name === 'skip') return [...shape, 1];
  return entry.name === 'norm' ? [mixer.groups, (shape[0] ?? 1) / mixer.groups] : shape;
}

/** Halves to neighbours, in the rows that turn: of every head, or of the last rows of each in latent attention. */
function neighbours({ body, position }: Branch, { rope }: GgufArchitecture, { name, shape }: ModelWeight) {
  const settings = settingsIf(position, 'position.rope');
  if (rope !== 'neighbours' || settings === null || settings.interleaved) return same;
  const [rows = 1, columns = 1] = Object.values(shape);
  const gqa = settingsIf(body, 'attention.gqa');
  if (gqa !== null) {
    const turns = ['query', 'key', 'query_bias', 'key_bias'].includes(name);
    return turns ? (data: Float32Array) => interleave(data, { rows, columns, head: gqa.head_dim, plain: 0 }) : same;
  }
  const mla = settingsIf(body, 'attention.mla');
  if (mla === null) return same;
  const plain = name === 'query' || name === 'query_up' ? mla.nope_dim : name === 'latent' ? mla.kv_rank : null;
  return plain === null
    ? same
    : (data: Float32Array) => interleave(data, { rows, columns, head: plain + mla.rope_dim, plain });
}

/** Per head: `plain` rows as they are, then rows i and i + half become 2i and 2i + 1. */
function interleave(
  data: Float32Array,
  { rows, columns, head, plain }: { rows: number; columns: number; head: number; plain: number },
): Float32Array {
  const result = new Float32Array(data.length);
  const half = (head - plain) / 2;
  for (let row = 0; row < rows; row++) {
    const within = row % head;
    const turned = within - plain;
    const place = within < plain ? within : plain + 2 * (turned % half) + Math.floor(turned / half);
    result.set(data.subarray(row * columns, (row + 1) * columns), (row - within + place) * columns);
  }
  return result;
}

/** Scores are always divided by the root of the head's size; another factor goes into the queries. */
function scores({ body }: Branch, { name }: ModelWeight) {
  const attention = settingsIf(body, 'attention.gqa');
  if (attention === null) return same;
  const factor = attention.scale * Math.sqrt(attention.head_dim);
  const carriers = attention.qk_norm === 'none' ? ['query', 'query_bias'] : ['query_norm'];
  if (!carriers.includes(name) || Math.abs(factor - 1) < 1e-12) return same;
  return (data: Float32Array) => data.map(value => value * factor);
}

/** Equal parts of the rows of every expert, each stacked over the experts: [experts, rows, …]. */
function stackedParts(names: readonly string[], [experts = 1, rows = 1, ...rest]: readonly number[]): readonly Piece[] {
  const height = rows / names.length;
  const width = rest.reduce((product, size) => product * size, 1);
  return names.map((name, part) => ({
    name,
    shape: [experts, height, ...rest],
    arrange: data => {
      const result = new Float32Array(experts * height * width);
      for (let expert = 0; expert < experts; expert++) {
        const start = (expert * rows + part * height) * width;
        result.set(data.subarray(start, start + height * width), expert * height * width);
      }
      return result;
    },
  }));
}

/**
 * The projection of the latent to keys and values, apart and per head, keys transposed: what attention among the latents
 * multiplies with. k [heads, kvRank, nopeDim], v [heads, valueDim, kvRank].
 */
function latentParts(
  place: string,
  sizes: { heads: number; nope_dim: number; value_dim: number; kv_rank: number },
): readonly Piece[] {
  const { heads, nope_dim: plain, value_dim: value, kv_rank: rank } = sizes;
  const rowsPerHead = plain + value;
  return [
    {
      name: `${place}.attn_k_b.weight`,
      shape: [heads, rank, plain],
      arrange: data => {
        const result = new Float32Array(heads * rank * plain);
        for (let head = 0; head < heads; head++)
          for (let row = 0; row < plain; row++)
            for (let column = 0; column < rank; column++)
              result[(head * rank + column) * plain + row] = data[(head * rowsPerHead + row) * rank + column] ?? 0;
        return result;
      },
    },
    {
      name: `${place}.attn_v_b.weight`,
      shape: [heads, value, rank],
      arrange: data => {
        const result = new Float32Array(heads * value * rank);
        for (let head = 0; head < heads; head++) {
          const start = (head * rowsPerHead + plain) * rank;
          result.set(data.subarray(start, start + value * rank), head * value * rank);
        }
        return result;
      },
    },
  ];
}

/** Convolutions always have a bias in llama.cpp; without one it is zero. */
function missingBiases(spec: ModelSpec): readonly GgufTensor[] {
  return spec.stack.flatMap((_, layer) =>
    layerAt(spec, layer).branches.flatMap(({ body }) => {
      const channels = channelsWithoutBias(body);
      if (channels === null) return [];
      const name = `blk.${layer}.ssm_conv1d.bias`;
      return [{ name, shape: [channels], type: 'f32' as const, read: () => new Float32Array(channels) }];
    }),
  );
}

function channelsWithoutBias(body: Branch['body']): number | null {
  const first = settingsIf(body, 'mixer.mamba1');
  if (first !== null) return first.taps_bias ? null : first.inner;
  const second = settingsIf(body, 'mixer.mamba2');
  if (second === null || second.taps_bias) return null;
  return second.heads * second.head_dim + 2 * second.groups * second.state;
}

/** What Llama 3 divides each frequency by. */
function frequencyTensor(spec: ModelSpec, { frequencies }: GgufArchitecture): readonly GgufTensor[] {
  const rope = ropeOf(spec);
  const scaling = rope === undefined ? null : settingsIf(rope.scaling, 'scaling.llama3');
  if (frequencies !== true || rope === undefined || scaling === null) return [];
  const attention = spec.kinds.flatMap(({ branches }) =>
    branches.flatMap(({ body }) => settingsIf(body, 'attention.gqa') ?? []),
  )[0];
  const dims = attention?.head_dim ?? 0;
  const factors = Float32Array.from({ length: dims / 2 }, (_, pair) => {
    const frequency = rope.theta ** ((-2 * pair) / dims);
    return frequency / llama3Frequency(frequency, scaling);
  });
  return [{ name: 'rope_freqs.weight', shape: [factors.length], type: 'f32', read: () => factors }];
}
