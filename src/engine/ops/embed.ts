import { gather, type Tensor, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import { fused } from '../backends/native/fused';
import { currentNativeBackend, type NativeBackend } from '../backends/native/native-backend';
import { expectDtype, expectShape } from './expect-shape';

/**
 * Looks up one row of the table per token: y[b, s] = table[ids[b, s]]. The gradient adds rows up where ids repeat.
 *
 * Shapes: table [vocab, hidden], ids int32 [batch, seq], result [batch, seq, hidden]. Ids must lie in [0, vocab).
 */
export function embed(table: Tensor2D, ids: Tensor2D): Tensor3D {
  expectShape('embed', 'table', table, [null, null]);
  expectShape('embed', 'ids', ids, [null, null]);
  expectDtype('embed', 'ids', ids, 'int32');
  const native = currentNativeBackend();
  return native === null ? embedReference(table, ids) : embedNative(native, table, ids);
}

/** `embed` in plain tfjs ops. */
export function embedReference(table: Tensor2D, ids: Tensor): Tensor3D {
  return gather(table, ids) as unknown as Tensor3D;
}

function embedNative(backend: NativeBackend, table: Tensor2D, ids: Tensor2D): Tensor3D {
  const [vocab, hidden] = table.shape;
  return fused<Tensor3D>(
    [table],
    () => {
      const y = backend.outputTensor<Tensor3D>([...ids.shape, hidden]);
      backend.addon.embed(ids.size, hidden, vocab, backend.floats(table), backend.ints(ids), backend.floats(y));
      return { value: y, keep: [ids] };
    },
    (dy, [kept]) => {
      if (!kept) throw new Error('embed: the gradient needs the ids');
      const dTable = backend.outputTensor(table.shape);
      const [rows, dOut] = [backend.ints(kept), backend.floats(dy)];
      backend.addon.embedGradient(ids.size, hidden, vocab, rows, dOut, backend.floats(dTable));
      return [dTable];
    },
  );
}
