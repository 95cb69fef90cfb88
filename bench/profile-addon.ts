import type { Addon, AttentionShape } from '../src/engine/backends/native/addon';

/** What one kernel of the addon did while it was watched. */
export interface KernelProfile {
  readonly kernel: string;
  calls: number;
  elapsedMs: number;
  flops: number;
  /** Every array of a call once: what must at least be moved. */
  bytes: number;
}

export interface Profiler {
  /** What was seen since the last time, and the milliseconds that the watching itself took. */
  take(): { readonly kernels: readonly KernelProfile[]; readonly watchingMs: number };
}

type Count = (values: readonly unknown[]) => number;

/** Query and key pairs that are visible, over batch and heads. */
function visiblePairs([batch, seq, , heads, , , , window, , offset]: AttentionShape): number {
  let pairs = 0;
  for (let row = 0; row < seq; row++)
    pairs += Math.min(window > 0 ? window : Number.POSITIVE_INFINITY, offset + row + 1);
  return pairs * batch * heads;
}

/** FLOPs of a call from its arguments, for the kernels that multiply matrices. A gradient makes the scores again. */
const products: Readonly<Record<string, Count>> = {
  matrixProduct: values => {
    const [batch, rows, columns, depth] = values as Parameters<Addon['matrixProduct']>;
    return 2 * batch * rows * columns * depth;
  },
  attention: values => {
    const shape = values as unknown as AttentionShape;
    return 2 * visiblePairs(shape) * (shape[5] + shape[6]);
  },
  attentionGradient: values => {
    const shape = values as unknown as AttentionShape;
    return 2 * visiblePairs(shape) * (3 * shape[5] + 2 * shape[6]);
  },
  crossEntropy: values => {
    const [tokens, hidden, vocab] = values as Parameters<Addon['crossEntropy']>;
    const gradients = values.slice(9, 11).filter(each => each !== null).length;
    return 2 * tokens * hidden * vocab * (1 + gradients);
  },
};

/** Rough operations per element of the largest array, for kernels that go over their arrays once. */
const perElement: Readonly<Record<string, number>> = {
  adamw: 12,
  norm: 4,
  normGradient: 9,
  activation: 8,
  activationGradient: 12,
  rotary: 3,
};

/** Replaces the methods of the addon by ones that take the time. Call `take` for what was seen since the last `take`. */
export function profileAddon(addon: Addon): Profiler {
  let seen = new Map<string, KernelProfile>();
  let watchingMs = 0;
  for (const [kernel, method] of Object.entries(addon)) {
    if (typeof method !== 'function' || ['configure', 'describe', 'alignment'].includes(kernel)) continue;
    Reflect.set(addon, kernel, (...values: unknown[]) => {
      const start = performance.now();
      const result: unknown = Reflect.apply(method, addon, values);
      const end = performance.now();
      const elapsedMs = end - start;
      const row = seen.get(kernel) ?? { kernel, calls: 0, elapsedMs: 0, flops: 0, bytes: 0 };
      seen.set(kernel, row);
      const arrays = values.flat().filter(each => each instanceof Float32Array || each instanceof Int32Array);
      row.calls++;
      row.elapsedMs += elapsedMs;
      row.bytes += arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
      row.flops += products[kernel]?.(values) ?? (perElement[kernel] ?? 1) * elementsOf(kernel, arrays);
      watchingMs += performance.now() - end;
      return result;
    });
  }
  return {
    take() {
      const rows = [...seen.values()].sort((a, b) => b.elapsedMs - a.elapsedMs);
      const watched = { kernels: rows, watchingMs };
      seen = new Map();
      watchingMs = 0;
      return watched;
    },
  };
}

/** Elements that a kernel goes over: of its largest array, or of all parameters, each of which has three arrays beside it. */
function elementsOf(kernel: string, arrays: readonly { readonly length: number }[]): number {
  const all = arrays.reduce((sum, { length }) => sum + length, 0);
  return kernel === 'adamw' ? all / 4 : Math.max(0, ...arrays.map(({ length }) => length));
}
