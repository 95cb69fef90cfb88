import {
  Add,
  AddN,
  BatchMatMul,
  broadcast_util,
  broadcastTo,
  Cast,
  Concat,
  cast,
  div,
  Erf,
  Exp,
  ExpandDims,
  equal,
  exp,
  expandDims,
  GatherV2,
  type GradConfig,
  Identity,
  Log,
  Max,
  Maximum,
  Mean,
  Minimum,
  Multiply,
  matMul,
  maximum,
  mul,
  type NamedAttrMap,
  Neg,
  neg,
  Pack,
  pad,
  RealDiv,
  Relu,
  Reshape,
  Rsqrt,
  registerGradient,
  reshape,
  Sigmoid,
  Slice,
  Softmax,
  Sqrt,
  Square,
  Sub,
  Sum,
  scatterND,
  sign,
  slice,
  sqrt,
  square,
  stack,
  step,
  sub,
  sum,
  Tanh,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  Tile,
  Transpose,
  transpose,
  Unpack,
  unstack,
  util,
  zeros,
} from '@tensorflow/tfjs-core';

/**
 * Gradients of the plain tfjs ops that references and layers are written in.
 *
 * tfjs registers its own from a side-effect module that exists as an ES module only, which Node cannot load beside the
 * CommonJS core (both would bring their own copy). These are the ones we use, through the public `registerGradient`.
 */
export function registerPlainGradients(): void {
  if (registered) return;
  registered = true;
  for (const config of configs()) registerGradient(config);
}

let registered = false;

function configs(): GradConfig[] {
  return [
    pair(Add, dy => [() => dy, () => dy]),
    pair(Sub, dy => [() => dy, () => neg(dy)]),
    pair(Multiply, (dy, a, b) => [() => mul(dy, b), () => mul(dy, a)]),
    pair(RealDiv, (dy, a, b) => [() => div(dy, b), () => neg(mul(dy, div(a, square(b))))]),
    pair(Maximum, (dy, a, b) => [() => mul(dy, sub(1, isAbove(b, a))), () => mul(dy, isAbove(b, a))]),
    pair(Minimum, (dy, a, b) => [() => mul(dy, sub(1, isAbove(a, b))), () => mul(dy, isAbove(a, b))]),
    {
      kernelName: AddN,
      saveAllInputs: true,
      gradFunc: (dy, saved) => eachInput(saved.map(() => () => only(dy).clone())),
    },

    fromInput(Square, (dy, x) => mul(dy, mul(x, 2))),
    fromInput(Log, (dy, x) => div(dy, x)),
    fromInput(Relu, (dy, x) => mul(dy, step(x))),
    // erf'(x) = 2 / sqrt(pi) exp(-x^2)
    fromInput(Erf, (dy, x) => mul(dy, mul(exp(neg(square(x))), 2 / Math.sqrt(Math.PI)))),
    fromInput(Rsqrt, (dy, x) => mul(dy, div(-0.5, mul(x, sqrt(x))))),
    fromInput(Neg, dy => neg(dy)),
    fromOutput(Sqrt, (dy, y) => div(dy, mul(y, 2))),
    fromOutput(Exp, (dy, y) => mul(dy, y)),
    fromOutput(Sigmoid, (dy, y) => mul(dy, mul(y, sub(1, y)))),
    fromOutput(Tanh, (dy, y) => mul(dy, sub(1, square(y)))),
    {
      kernelName: Softmax,
      outputsToSave: [true],
      gradFunc(dy, [y], { dim }) {
        const product = mul(only(dy), found(y));
        return { logits: () => sub(product, mul(sum(product, dim as number, true), found(y))) };
      },
    },

    shapeOnly(Reshape, 'x', (dy, x) => reshape(dy, x.shape)),
    shapeOnly(ExpandDims, 'input', (dy, x) => reshape(dy, x.shape)),
    shapeOnly(Identity, 'x', dy => dy.clone()),
    shapeOnly(Cast, 'x', dy => dy.clone()),
    shapeOnly(Transpose, 'x', (dy, _x, { perm }) => transpose(dy, inverse(perm as number[]))),
    shapeOnly(Slice, 'x', (dy, x, { begin }) => {
      const starts = begin as number[];
      const rest = x.shape.map((size, axis) => size - (starts[axis] ?? 0) - (dy.shape[axis] ?? 0));
      return pad(
        dy,
        rest.map((after, axis): [number, number] => [starts[axis] ?? 0, after]),
      );
    }),
    shapeOnly(Tile, 'x', (dy, x, { reps }) => {
      // Split every axis into repeats and the axis itself, then add the repeats up.
      const times = reps as number[];
      const split = x.shape.flatMap((size, axis) => [times[axis] ?? 1, size]);
      return reshape(
        sum(
          reshape(dy, split),
          x.shape.map((_, axis) => 2 * axis),
        ),
        x.shape,
      );
    }),
    shapeOnly(Sum, 'x', (dy, x, { axis }) => spread(dy, x.shape, axis)),
    shapeOnly(Mean, 'x', (dy, x, { axis }) => mul(spread(dy, x.shape, axis), dy.size / x.size)),
    {
      kernelName: Max,
      inputsToSave: ['x'],
      outputsToSave: [true],
      gradFunc: (dy, [x, y], attrs) => ({
        x() {
          const input = found(x);
          const largest = spread(found(y), input.shape, attrs.reductionIndices);
          return mul(spread(only(dy), input.shape, attrs.reductionIndices), cast(equal(input, largest), 'float32'));
        },
      }),
    },
    {
      kernelName: Concat,
      saveAllInputs: true,
      gradFunc(dy, saved, { axis }) {
        const along = util.parseAxisParam(axis as number, found(saved[0]).shape)[0] ?? 0;
        const begins = saved.map((_, index) =>
          saved.slice(0, index).reduce((total, part) => total + (part.shape[along] ?? 0), 0),
        );
        return eachInput(
          saved.map((part, index) => () => {
            const begin = part.shape.map((_, each) => (each === along ? (begins[index] ?? 0) : 0));
            return slice(only(dy), begin, part.shape);
          }),
        );
      },
    },
    {
      kernelName: Pack,
      saveAllInputs: true,
      gradFunc: (dy, _saved, { axis }) => eachInput(unstack(only(dy), axis as number).map(part => () => part)),
    },
    {
      kernelName: Unpack,
      gradFunc: (dy, _saved, { axis }) => ({ value: () => stack(Array.isArray(dy) ? dy : [dy], axis as number) }),
    },
    {
      kernelName: BatchMatMul,
      inputsToSave: ['a', 'b'],
      gradFunc: (dy, [a, b], attrs) => productGradient(only(dy), found(a), found(b), attrs),
    },
    {
      kernelName: GatherV2,
      inputsToSave: ['x', 'indices'],
      gradFunc: (dy, [x, indices]) => ({
        // Rows of the first axis; rows that were read several times add up.
        x() {
          const { shape } = found(x);
          const rows = reshape(only(dy), [-1, ...shape.slice(1)]);
          return scatterND(expandDims(reshape(found(indices), [-1]) as Tensor1D, 1) as Tensor2D, rows, shape);
        },
        indices: () => zeros(found(indices).shape),
      }),
    },
  ];
}

type InputGradients = ReturnType<GradConfig['gradFunc']>;

/** An op of two inputs a and b that are broadcast against each other. */
function pair(
  kernelName: string,
  gradients: (dy: Tensor, a: Tensor, b: Tensor) => [() => Tensor, () => Tensor],
): GradConfig {
  return {
    kernelName,
    // Their shapes are needed even where their values are not.
    inputsToSave: ['a', 'b'],
    gradFunc(dy, [a, b]) {
      const [first, second] = gradients(only(dy), found(a), found(b));
      return { a: () => reduceTo(first(), found(a)), b: () => reduceTo(second(), found(b)) };
    },
  };
}

/** An op of one input x whose gradient is made from x. */
const fromInput = (kernelName: string, gradient: (dy: Tensor, x: Tensor) => Tensor): GradConfig => ({
  kernelName,
  inputsToSave: ['x'],
  gradFunc: (dy, [x]) => ({ x: () => gradient(only(dy), found(x)) }),
});

/** An op of one input x whose gradient is made from the output. */
const fromOutput = (kernelName: string, gradient: (dy: Tensor, y: Tensor) => Tensor): GradConfig => ({
  kernelName,
  outputsToSave: [true],
  gradFunc: (dy, [y]) => ({ x: () => gradient(only(dy), found(y)) }),
});

/** An op that moves, copies or sums elements: its gradient needs the input's shape only. */
const shapeOnly = (
  kernelName: string,
  input: string,
  gradient: (dy: Tensor, x: Tensor, attrs: NamedAttrMap) => Tensor,
): GradConfig => ({
  kernelName,
  inputsToSave: [input],
  gradFunc: (dy, [x], attrs) => ({ [input]: () => gradient(only(dy), found(x), attrs) }),
});

/** 1 where a > b, else 0, in ops that have a native kernel; tfjs's own comparisons have none. */
const isAbove = (a: Tensor, b: Tensor): Tensor => maximum(sign(sub(a, b)), 0);

/** d(A B) with either factor transposed. */
function productGradient(dy: Tensor, a: Tensor, b: Tensor, attrs: NamedAttrMap): InputGradients {
  const { transposeA, transposeB } = attrs;
  return {
    a: () => (transposeA ? matMul(b, dy, Boolean(transposeB), true) : matMul(dy, b, false, !transposeB)),
    b: () => (transposeB ? matMul(dy, a, true, Boolean(transposeA)) : matMul(a, dy, !transposeA, false)),
  };
}

/** Sums a gradient over the axes along which `target` was broadcast. */
function reduceTo(dy: Tensor, target: Tensor): Tensor {
  const axes = broadcast_util.getReductionAxes(target.shape, dy.shape);
  return reshape(axes.length > 0 ? sum(dy, axes) : dy, target.shape);
}

/** A reduced tensor, repeated along the axes that were reduced (all of them when `axis` is null). */
function spread(reduced: Tensor, shape: number[], axis: unknown): Tensor {
  const axes = util.parseAxisParam(axis as number | number[], shape);
  const kept = shape.map((size, each) => (axes.includes(each) ? 1 : size));
  return broadcastTo(reshape(reduced, kept), shape);
}

/** The permutation that undoes `order`. */
const inverse = (order: readonly number[]): number[] => order.map((_, axis) => order.indexOf(axis));

const eachInput = (makers: (() => Tensor)[]): InputGradients =>
  Object.fromEntries(makers.map((make, index) => [index, make]));

/** The gradient of the only output. */
const only = (dy: Tensor | Tensor[]): Tensor => found(Array.isArray(dy) ? dy[0] : dy);

function found(saved: Tensor | undefined): Tensor {
  if (saved === undefined) throw new Error('Expected a saved tensor, got none.');
  return saved;
}
