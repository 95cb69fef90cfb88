import {
  add,
  addN,
  concat,
  cumprod,
  customGrad,
  div,
  erf,
  exp,
  expandDims,
  gather,
  log,
  logSumExp,
  matMul,
  max,
  maximum,
  mean,
  memory,
  minimum,
  mul,
  neg,
  relu,
  reshape,
  rsqrt,
  type Scalar,
  scalar,
  sigmoid,
  slice,
  softmax,
  sqrt,
  square,
  stack,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  tanh,
  tensor,
  tensor1d,
  tidy,
  tile,
  transpose,
  unstack,
  type Variable,
  variable,
} from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { createRandom } from '../../src/base/random';
import { addGradients, disposeGradients, gradientNorm, valueAndGradients } from '../../src/engine/gradients';
import { rows } from '../../src/engine/ops/rows';
import { describeOnBackends } from '../support/backends';

/** Every plain op whose gradient we register, as a function of x [2, 3, 4] with values from 0.5 to 2. */
const operations: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  'add, broadcast': x => add(x, slice(x, [0, 0, 0], [1, 1, 4])),
  sub: x => sub(slice(x, [0, 0, 0], [1, 3, 4]), x),
  mul: x => mul(x, slice(x, [1, 0, 0], [1, 3, 1])),
  div: x => div(slice(x, [0, 1, 0], [1, 1, 4]), x),
  maximum: x => maximum(x, transpose(transpose(x))),
  'maximum of two': x => maximum(x, sub(2, x)),
  'minimum of two': x => minimum(mul(x, 3), sub(4, x)),
  addN: x => addN([x, square(x), x]),
  square,
  log,
  relu: x => relu(sub(x, 1)),
  erf,
  rsqrt,
  neg,
  sqrt,
  exp,
  sigmoid,
  tanh,
  softmax: x => softmax(x),
  reshape: x => reshape(x, [4, 6]),
  expandDims: x => expandDims(x, 1),
  transpose: x => transpose(x, [2, 0, 1]),
  slice: x => slice(x, [0, 1, 1], [2, 2, 2]),
  tile: x => tile(x, [2, 1, 3]),
  'sum over an axis': x => sum(x, 1),
  'sum over all': x => sum(x),
  mean: x => mean(x, -1, true),
  max: x => max(x, 2),
  logSumExp: x => logSumExp(x, 2),
  concat: x => concat([x, square(x), slice(x, [0, 0, 0], [2, 1, 4])], 1),
  stack: x => stack([x, exp(x)], 2),
  matMul: x => matMul(x, transpose(x, [0, 2, 1])),
  'matMul, second transposed': x => matMul(x, square(x), false, true),
  'matMul, first transposed': x => matMul(x, square(x), true, false),
  'matMul, both transposed': x => matMul(reshape(x, [4, 6]), reshape(square(x), [6, 4]), true, true),
  unstack: x => {
    const [first, , last] = unstack(x, 1);
    return first === undefined || last === undefined ? x : sub(mul(first, 3), square(last));
  },
  'rows, some of them twice': x => {
    const matrix = reshape(x, [6, 4]) as Tensor2D;
    return concat([rows(matrix, 0, 3), square(rows(matrix, 2, 3)), rows(matrix, 5, 1)], 0);
  },
  'gather, repeated rows': x => gather(x, tensor1d([1, 0, 1, 1], 'int32')),
};

describeOnBackends('gradients', () => {
  const used: Variable[] = [];
  const parameter = (values: number[], shape: number[]): Variable => {
    const made = tidy(() => variable(tensor(values, shape)));
    used.push(made);
    return made;
  };
  afterEach(() => {
    for (const each of used.splice(0)) each.dispose();
  });

  it.each(Object.entries(operations))('%s', (_name, operation) => {
    // Far enough apart, and from 1, that a step never crosses a kink.
    const start = Array.from({ length: 24 }, (_, index) => 0.5 + 0.065 * index);
    createRandom('gradients').shuffle(start);
    const x = parameter(start, [2, 3, 4]);
    // A weighted sum, so that every element of the result has a gradient of its own.
    const f = () => {
      const y = operation(x);
      const weights = Array.from({ length: y.size }, (_, index) => Math.sin(index + 1));
      return sum(mul(y, tensor(weights, y.shape))) as Scalar;
    };
    const { value, gradients } = valueAndGradients(f, new Map([['x', x]]));
    const slope = gradients.get('x')?.dataSync() ?? [];
    value.dispose();
    disposeGradients(gradients);
    const step = 0.01;
    const valueAt = (index: number, change: number) =>
      tidy(() => {
        x.assign(
          tensor(
            start.map((each, at) => (at === index ? each + change : each)),
            [2, 3, 4],
          ),
        );
        return f().dataSync()[0] ?? Number.NaN;
      });
    for (const index of [0, 5, 13, 23]) {
      const measured = (valueAt(index, step) - valueAt(index, -step)) / (2 * step);
      expect(slope[index]).toBeCloseTo(measured, 2);
    }
  });

  describe('the walk back', () => {
    it('adds up what reaches a variable by several ways', () => {
      const x = parameter([3], [1]);
      const { value, gradients } = valueAndGradients(() => sum(add(mul(x, x), x)) as Scalar, new Map([['x', x]]));
      expect(value.dataSync()[0]).toBe(12);
      expect(gradients.get('x')?.dataSync()[0]).toBe(7);
      value.dispose();
      disposeGradients(gradients);
    });

    it('survives an op that hands its gradient on unchanged', () => {
      const x = parameter([3], [1]);
      const same = customGrad((y, _save) => ({ value: (y as Tensor).clone(), gradFunc: (dy: Tensor) => dy }));
      const { value, gradients } = valueAndGradients(() => sum(same(same(x))) as Scalar, new Map([['x', x]]));
      expect(gradients.get('x')?.dataSync()[0]).toBe(1);
      value.dispose();
      disposeGradients(gradients);
    });

    it('leaves out variables that have no part in the value', () => {
      const [x, y] = [parameter([3], [1]), parameter([4], [1])];
      const variables = new Map([
        ['x', x],
        ['y', y],
      ]);
      const { value, gradients } = valueAndGradients(() => {
        mul(x, y);
        return sum(x) as Scalar;
      }, variables);
      expect([...gradients.keys()]).toEqual(['x']);
      value.dispose();
      disposeGradients(gradients);
    });

    it('keeps no tensor, not even when something throws forwards or backwards', () => {
      const x = parameter([3, 4], [2]);
      const variables = new Map([['x', x]]);
      const before = memory().numTensors;
      expect(() =>
        valueAndGradients(() => {
          square(square(x));
          throw new Error('forwards');
        }, variables),
      ).toThrow('forwards');
      expect(memory().numTensors).toBe(before);
      const broken = customGrad((y, save) => {
        (save as (tensors: Tensor[]) => void)([y as Tensor]);
        return {
          value: (y as Tensor).clone(),
          gradFunc: () => {
            throw new Error('backwards');
          },
        };
      });
      expect(() => valueAndGradients(() => sum(square(broken(square(x)))) as Scalar, variables)).toThrow('backwards');
      expect(memory().numTensors).toBe(before);
      const { value, gradients } = valueAndGradients(() => sum(square(x)) as Scalar, variables);
      value.dispose();
      disposeGradients(gradients);
      expect(memory().numTensors).toBe(before);
    });

    it('says which op has no gradient', () => {
      // Not even tfjs itself has one for it, so it stays unknown when tfjs-node brings its own gradients.
      const x = parameter([3], [1]);
      const before = memory().numTensors;
      expect(() => valueAndGradients(() => sum(cumprod(x)) as Scalar, new Map([['x', x]]))).toThrow('Cumprod');
      expect(memory().numTensors).toBe(before);
    });
  });

  it('sums maps of gradients and frees the parts', () => {
    const before = memory().numTensors;
    const total = addGradients(
      new Map<string, Tensor>([
        ['a', tensor1d([1, 2])],
        ['b', scalar(2)],
      ]),
      new Map<string, Tensor>([
        ['a', tensor1d([2, 2])],
        ['c', scalar(10)],
      ]),
    );
    expect([...total].map(([path, gradient]) => [path, ...gradient.dataSync()])).toEqual([
      ['a', 3, 4],
      ['b', 2],
      ['c', 10],
    ]);
    expect(gradientNorm(total)).toBeCloseTo(Math.sqrt(9 + 16 + 4 + 100), 5);
    disposeGradients(total);
    expect(memory().numTensors).toBe(before);
  });
});
