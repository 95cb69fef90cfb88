import {
  add,
  concat,
  mul,
  reshape,
  slice,
  stack,
  sub,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { fused } from '../backends/native/fused';
import { currentNativeBackend, type NativeBackend } from '../backends/native/native-backend';
import { expectShape } from './expect-shape';

/**
 * Rotary position embedding: turns pairs of dimensions by an angle that grows with the position.
 *
 * (a, b) becomes (a cos - b sin, b cos + a sin). Pairs are (i, i + rotaryDim / 2), or (2i, 2i + 1) when interleaved;
 * dimensions from rotaryDim on pass unchanged. Shapes: x [batch, seq, heads, headDim], cos and sin [seq, rotaryDim / 2],
 * result like x. The tables get no gradient. Su et al. 2021, "RoFormer".
 */
export function rotary(x: Tensor4D, cos: Tensor2D, sin: Tensor2D, interleaved = false): Tensor4D {
  expectShape('rotary', 'x', x, [null, null, null, null]);
  const [, seq, , headDim] = x.shape;
  expectShape('rotary', 'cos', cos, [seq, null]);
  expectShape('rotary', 'sin', sin, cos.shape);
  if (2 * cos.shape[1] > headDim) {
    throw new Error(`rotary: 2 · cos columns must be at most headDim ${headDim}, but are ${2 * cos.shape[1]}`);
  }
  const native = currentNativeBackend();
  return native === null ? rotaryReference(x, cos, sin, interleaved) : rotaryNative(native, x, cos, sin, interleaved);
}

/** `rotary` in plain tfjs ops. */
export function rotaryReference(x: Tensor4D, cos: Tensor2D, sin: Tensor2D, interleaved: boolean): Tensor4D {
  const [batch, seq, heads, headDim] = x.shape;
  const half = cos.shape[1];
  const cosine = reshape(cos, [1, seq, 1, half]);
  const sine = reshape(sin, [1, seq, 1, half]);
  const rotated = slice(x, [0, 0, 0, 0], [batch, seq, heads, 2 * half]);
  const rest = slice(x, [0, 0, 0, 2 * half], [batch, seq, heads, headDim - 2 * half]);
  const pairs = interleaved ? reshape(rotated, [batch, seq, heads, half, 2]) : null;
  const part = (index: 0 | 1): Tensor4D =>
    pairs === null
      ? slice(rotated, [0, 0, 0, index * half], [batch, seq, heads, half])
      : (reshape(slice(pairs, [0, 0, 0, 0, index], [batch, seq, heads, half, 1]), [
          batch,
          seq,
          heads,
          half,
        ]) as Tensor4D);
  const [a, b] = [part(0), part(1)];
  const first = sub(mul(a, cosine), mul(b, sine));
  const second = add(mul(b, cosine), mul(a, sine));
  const turned = interleaved
    ? reshape(stack([first, second], 4), [batch, seq, heads, 2 * half])
    : concat([first, second], 3);
  return (headDim === 2 * half ? turned : concat([turned, rest], 3)) as Tensor4D;
}

/** The gradient of a rotation is the rotation back. */
function rotaryNative(
  backend: NativeBackend,
  x: Tensor4D,
  cos: Tensor2D,
  sin: Tensor2D,
  interleaved: boolean,
): Tensor4D {
  const [batch, seq, heads, headDim] = x.shape;
  const turn = (from: Tensor, tables: readonly Tensor[], inverse: boolean): Tensor4D => {
    const [cosines, sines] = tables.map(table => backend.floats(table));
    if (!cosines || !sines) throw new Error('rotary: two tables expected');
    const y = backend.outputTensor<Tensor4D>(x.shape);
    const flags = [interleaved ? 1 : 0, inverse ? 1 : 0] as const;
    const arrays = [backend.floats(from), cosines, sines, backend.floats(y)] as const;
    backend.addon.rotary(batch, seq, heads, headDim, cos.shape[1], ...flags, ...arrays);
    return y;
  };
  return fused<Tensor4D>(
    [x],
    () => ({ value: turn(x, [cos, sin], false), keep: [cos, sin] }),
    (dy, tables) => [turn(dy, tables, true)],
  );
}
