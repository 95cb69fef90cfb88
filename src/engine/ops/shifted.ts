import { concat, customGrad, fill, slice, type Tensor, zeros } from '@tensorflow/tfjs-core';

/**
 * x moved `by` tokens later: y_t = x_(t - by), and what stands before x where t < by: a number, or rows [by, ...], which get no
 * gradient. Tokens come first, so that every backend moves whole blocks. Shapes: x and result [seq, ...].
 */
export function shifted<T extends Tensor>(x: T, by: number, before: number | Tensor): T {
  if (by === 0) return x;
  const [seq = 1, ...rest] = x.shape;
  const kept = Math.max(0, seq - by);
  const missing = seq - kept;
  const part = (all: Tensor, begin: number, count: number) =>
    slice(all, [begin, ...rest.map(() => 0)], [count, ...rest]);
  const move = customGrad((given, _save) => {
    const first = typeof before === 'number' ? fill([missing, ...rest], before) : part(before, 0, missing);
    return {
      value: kept === 0 ? first : concat([first, part(given as Tensor, 0, kept)], 0),
      gradFunc: (dy: Tensor) =>
        kept === 0 ? [zeros(x.shape)] : [concat([part(dy, missing, kept), zeros([missing, ...rest])], 0)],
    };
  });
  return move(x) as T;
}
