import { slice, tensor2d } from '@tensorflow/tfjs-core';
import { rotaryDims } from '../../../architecture/components/position/rope';
import type { SettingsOf } from '../../../architecture/registry';
import { rotary } from '../../ops/rotary';
import type { Layer } from '../layer';
import { scale } from '../scaling/scalings';

/** Turns pairs (i, i + dims / 2), or (2i, 2i + 1) when interleaved, of queries and keys by position * frequency_i; see `ropeTables`. */
export const ropeLayer: Layer<'position.rope'> = {
  add: hidden => hidden,
  rotate(x, { config, ambient, pass }, interleaved = config.interleaved) {
    const [, seq, , headDim] = x.shape;
    const key = JSON.stringify([config, headDim, ambient.context]);
    const [cos, sin] = pass.constants(key, () => {
      const tables = ropeTables(config, headDim, ambient.context);
      return [tables.cos, tables.sin].map(table => tensor2d(table, [ambient.context, tables.pairs]));
    });
    if (cos === undefined || sin === undefined) throw new Error('Expected the two tables of rope.');
    // Without a rotated pair (a tiny fraction of a tiny head) there is nothing to turn.
    if (cos.shape[1] === 0) return x;
    const from: [number, number] = [pass.offset, 0];
    const size: [number, number] = [seq, cos.shape[1]];
    return seq === ambient.context
      ? rotary(x, cos, sin, interleaved)
      : rotary(x, slice(cos, from, size), slice(sin, from, size), interleaved);
  },
  // It depends on no frequency.
  scoreFactor: ({ config }) =>
    scale(config.scaling, new Float64Array(), { theta: config.theta, dims: 0 }).scoreFactor ?? 1,
};

/**
 * Cosines and sines of all angles: position * scaled(theta^(-2i / dims)), times the attention factor of the scaling.
 *
 * Tables are row by row [context, dims / 2]. Made in double precision.
 */
export function ropeTables(
  config: SettingsOf<'position.rope'>,
  headDim: number,
  context: number,
): { readonly cos: Float32Array; readonly sin: Float32Array; readonly pairs: number } {
  const { counted: dims, rotated } = rotaryDims(headDim, config.fraction);
  const pairs = rotated / 2;
  const plain = Float64Array.from({ length: pairs }, (_, pair) => config.theta ** ((-2 * pair) / dims));
  const { frequencies, attentionFactor } = scale(config.scaling, plain, { theta: config.theta, dims });
  const cos = new Float32Array(context * pairs);
  const sin = new Float32Array(context * pairs);
  for (let position = 0; position < context; position++) {
    for (let pair = 0; pair < pairs; pair++) {
      const angle = position * (frequencies[pair] ?? 0);
      cos[position * pairs + pair] = Math.cos(angle) * attentionFactor;
      sin[position * pairs + pair] = Math.sin(angle) * attentionFactor;
    }
  }
  return { cos, sin, pairs };
}
