import { concat, reshape, slice, type Tensor1D, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import { fused } from '../backends/native/fused';
import { currentNativeBackend, type NativeBackend } from '../backends/native/native-backend';
import type { Precision } from './bfloat16';
import { expectShape } from './expect-shape';
import { linearReference } from './linear';

/**
 * A linear projection per group of rows: y[r] = W_g x[r] + b_g for the rows r of group g.
 *
 * Rows starts[g] to starts[g + 1] belong to group g; groups may be empty. No row is multiplied with a matrix that is not its own.
 * Shapes: x [rows, in], weight [groups, out, in], bias [groups, out] or null, starts [groups + 1], result [rows, out].
 * Gale et al. 2022, "MegaBlocks".
 */
export function groupedLinear(
  x: Tensor2D,
  weight: Tensor3D,
  bias: Tensor2D | null,
  starts: Int32Array,
  precision: Precision = 'fp32',
): Tensor2D {
  const [groups, outSize, inSize] = weight.shape;
  expectShape('groupedLinear', 'weight', weight, [starts.length - 1, null, null]);
  expectShape('groupedLinear', 'x', x, [starts[groups] ?? 0, inSize]);
  if (bias !== null) expectShape('groupedLinear', 'bias', bias, [groups, outSize]);
  const native = currentNativeBackend();
  return native === null
    ? groupedLinearReference(x, weight, bias, starts, precision)
    : groupedLinearNative(native, x, weight, bias, starts, precision);
}

/** `groupedLinear` in plain tfjs ops. */
export function groupedLinearReference(
  x: Tensor2D,
  weight: Tensor3D,
  bias: Tensor2D | null,
  starts: Int32Array,
  precision: Precision,
): Tensor2D {
  const [, outSize, inSize] = weight.shape;
  const parts = groupsOf(starts).map(({ group, start, rows }) => {
    const matrix = reshape(slice(weight, [group, 0, 0], [1, outSize, inSize]), [outSize, inSize]) as Tensor2D;
    const offset = bias === null ? null : (reshape(slice(bias, [group, 0], [1, outSize]), [outSize]) as Tensor1D);
    return linearReference(slice(x, [start, 0], [rows, inSize]), matrix, offset, precision) as Tensor2D;
  });
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : concat(parts, 0);
}

interface Group {
  readonly group: number;
  readonly start: number;
  readonly rows: number;
}

/** The groups that have rows. */
const groupsOf = (starts: Int32Array): readonly Group[] =>
  Array.from(starts.subarray(0, -1), (start, group) => ({
    group,
    start,
    rows: (starts[group + 1] ?? 0) - start,
  })).filter(({ rows }) => rows > 0);

/** Products of up to this many rows have a kernel that adds up in another order (kFewRows of native/source/kernels). */
const fewRows = 4;
/** Up to this many rows in all, the tokens of a decoding step, speed is worth more than equal bits. */
const decodedRows = 8;

/** One product per group on views of the same buffers; nothing is copied or padded. */
function groupedLinearNative(
  backend: NativeBackend,
  x: Tensor2D,
  weight: Tensor3D,
  bias: Tensor2D | null,
  starts: Int32Array,
  precision: Precision,
): Tensor2D {
  const { addon } = backend;
  const [groups, outSize, inSize] = weight.shape;
  const bf16 = precision === 'bf16' ? 1 : 0;
  // Groups grow and shrink with what other tokens choose, and no token's numbers may depend on that.
  const alike = x.shape[0] > decodedRows;
  const part = (data: Float32Array, start: number, rows: number, width: number) =>
    data.subarray(start * width, (start + rows) * width);
  return fused<Tensor2D>(
    [x, weight, bias],
    () => {
      const y = backend.outputTensor<Tensor2D>([x.shape[0], outSize]);
      const [input, matrices, output] = [backend.floats(x), backend.floats(weight), backend.floats(y)];
      const offsets = bias === null ? null : backend.floats(bias);
      for (const { group, start, rows } of groupsOf(starts)) {
        const given = part(input, start, rows, inSize);
        const matrix = part(matrices, group, 1, outSize * inSize);
        const offset = offsets === null ? null : part(offsets, group, 1, outSize);
        const out = part(output, start, rows, outSize);
        const product = (height: number, a: Float32Array, c: Float32Array) =>
          addon.matrixProduct(1, height, outSize, inSize, 0, inSize, 1, 0, 1, inSize, 0, bf16, a, matrix, offset, c);
        if (rows > fewRows || !alike) {
          product(rows, given, out);
          continue;
        }
        const more = new Float32Array((fewRows + 1) * inSize);
        const answers = new Float32Array((fewRows + 1) * outSize);
        more.set(given);
        product(fewRows + 1, more, answers);
        out.set(answers.subarray(0, out.length));
      }
      return { value: y, keep: [x, weight] };
    },
    (dy, [keptX, keptWeight]) => {
      if (keptX === undefined || keptWeight === undefined)
        throw new Error('groupedLinear: the gradient needs x and weight');
      const [dx, dWeight] = [backend.outputTensor(x.shape), backend.outputTensor(weight.shape)];
      const dBias = bias === null ? null : backend.outputTensor([groups, outSize]);
      const [dOut, input, matrices] = [backend.floats(dy), backend.floats(keptX), backend.floats(keptWeight)];
      const [dX, dW] = [backend.floats(dx), backend.floats(dWeight)];
      const dB = dBias === null ? null : backend.floats(dBias);
      for (let group = 0; group < groups; group++) {
        const start = starts[group] ?? 0;
        const rows = (starts[group + 1] ?? 0) - start;
        const dMatrix = part(dW, group, 1, outSize * inSize);
        const dOffset = dB === null ? null : part(dB, group, 1, outSize);
        if (rows === 0) {
          // Buffers come back with old numbers in them.
          dMatrix.fill(0);
          dOffset?.fill(0);
          continue;
        }
        const dRows = part(dOut, start, rows, outSize);
        const matrix = part(matrices, group, 1, outSize * inSize);
        // dx[r, i] = Σ_o dy[r, o] weight[o, i]
        const dInput = part(dX, start, rows, inSize);
        addon.matrixProduct(
          1,
          rows,
          inSize,
          outSize,
          0,
          outSize,
          1,
          0,
          inSize,
          1,
          0,
          bf16,
          dRows,
          matrix,
          null,
          dInput,
        );
        // dweight[o, i] = Σ_r dy[r, o] x[r, i]
        const own = part(input, start, rows, inSize);
        addon.matrixProduct(1, outSize, inSize, rows, 0, 1, outSize, 0, inSize, 1, 0, bf16, dRows, own, null, dMatrix);
        if (dOffset !== null) addon.sum(1, rows, outSize, 1, dRows, dOffset);
      }
      return [dx, dWeight, dBias];
    },
  );
}
