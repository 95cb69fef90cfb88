import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import {
  type backend_util,
  type DataId,
  type DataType,
  engine,
  getBackend,
  type Tensor,
  type TensorInfo,
  util,
  type Variable,
} from '@tensorflow/tfjs-core';
import type { Addon } from './addon';
import { BufferPool } from './buffer-pool';

/** The tfjs name of this backend. */
export const nativeBackendName = 'native';

/**
 * tfjs's CPU backend with C++ kernels where the time goes.
 *
 * All data are JavaScript typed arrays, so every kernel of the CPU backend works on them too. Results of our own kernels
 * lie in a pool; arrays that users gave or get are never the pool's: what is read is copied.
 */
export class NativeBackend extends MathBackendCPU {
  readonly pool: BufferPool;

  constructor(readonly addon: Addon) {
    super();
    this.pool = new BufferPool(buffer => addon.alignment(buffer));
  }

  /** A new float32 result from the pool; its contents are arbitrary until a kernel writes them. */
  output(shape: number[]): TensorInfo {
    return this.wrap(this.pool.take(util.sizeFromShape(shape)), shape);
  }

  /** The same as a tensor that tfjs tracks. */
  outputTensor<T extends Tensor>(shape: number[]): T {
    return engine().makeTensorFromTensorInfo(this.output(shape), this) as T;
  }

  /** The array behind a float32 tensor. */
  floats(tensor: TensorInfo): Float32Array {
    const entry = this.data.get(tensor.dataId);
    if (entry.values instanceof Float32Array) return entry.values;
    if (tensor.dtype !== 'float32') throw new Error(`native: a float32 tensor is needed, but this is ${tensor.dtype}`);
    const values = Float32Array.from(entry.values as unknown as number[]);
    entry.values = values;
    return values;
  }

  /** The array behind an int32 tensor. */
  ints(tensor: TensorInfo): Int32Array {
    const values = this.data.get(tensor.dataId).values;
    if (values instanceof Int32Array) return values;
    if (tensor.dtype !== 'int32') throw new Error(`native: an int32 tensor is needed, but this is ${tensor.dtype}`);
    return Int32Array.from(values as unknown as number[]);
  }

  /** The array behind a variable, to be changed in place; a value that others can see is copied first. */
  floatsToChange(variable: Variable): Float32Array {
    const values = this.floats(variable);
    if (this.refCount(variable.dataId) <= 1 && this.pool.isExclusive(values)) return values;
    const copy = this.outputTensor(variable.shape);
    const own = this.floats(copy);
    own.set(values);
    variable.assign(copy);
    copy.dispose();
    return own;
  }

  override write(values: backend_util.BackendValues, _shape: number[], dtype: DataType): DataId {
    this.pool.markShared(values);
    const dataId = {};
    this.data.set(dataId, { values, dtype, refCount: 1 });
    return dataId;
  }

  override move(
    dataId: DataId,
    values: backend_util.BackendValues,
    shape: number[],
    dtype: DataType,
    refCount: number,
  ): void {
    this.pool.markShared(values);
    super.move(dataId, values, shape, dtype, refCount);
  }

  override readSync(dataId: DataId): backend_util.BackendValues {
    const values = super.readSync(dataId);
    return Array.isArray(values) ? values : values.slice();
  }

  override disposeData(dataId: DataId, force = false): boolean {
    const values = this.data.has(dataId) ? this.data.get(dataId).values : undefined;
    const released = super.disposeData(dataId, force);
    if (released) this.pool.release(values);
    return released;
  }

  override memory(): { unreliable: boolean; reasons: string[]; allocatedBytes: number; freeBytes: number } {
    const { allocatedBytes, freeBytes } = this.pool;
    return { unreliable: false, reasons: [], allocatedBytes, freeBytes };
  }

  private wrap(values: Float32Array, shape: number[]): TensorInfo {
    const dataId = {};
    this.data.set(dataId, { values, dtype: 'float32', refCount: 1 });
    return { dataId, shape, dtype: 'float32' };
  }
}

/** The native backend if it is the current one, else null: an op then runs its reference. */
export function currentNativeBackend(): NativeBackend | null {
  return getBackend() === nativeBackendName ? (engine().backend as NativeBackend) : null;
}
