import { gather, type Tensor, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
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
  return embedReference(table, ids);
}

/** `embed` in plain tfjs ops. */
export function embedReference(table: Tensor2D, ids: Tensor): Tensor3D {
  return gather(table, ids) as unknown as Tensor3D;
}
