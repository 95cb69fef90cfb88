import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

type MaybeFloats = Float32Array | null;

/** What the addon says about itself. */
export interface AddonDescription {
  readonly instructionSet: string;
  /** How bf16 products are made, in words. */
  readonly bf16: string;
  readonly vectorFloats: number;
  readonly threads: number;
  /** Physical cores that this process may use. */
  readonly cores: number;
  /** Instruction sets that can be asked for, best first. */
  readonly available: readonly string[];
  /** Instruction sets that the compiler made kernels for, best first; this processor may lack some. */
  readonly compiled: readonly string[];
}

/**
 * The C++ addon (native/source/addon.cc). Arrays are read and written in place; lengths are checked there.
 * Flags are 0 or 1. Layout arrays hold dims, then strides, `rank` numbers each.
 */
export interface Addon {
  /** '' and 0 mean the best instruction set and all cores. */
  configure(instructionSet: string, threads: number): void;
  describe(): AddonDescription;
  /** Bytes from the start of a buffer to the next address that is a multiple of 64. */
  alignment(buffer: ArrayBuffer): number;
  matrixProduct(
    batch: number,
    rows: number,
    columns: number,
    depth: number,
    aBatch: number,
    aRow: number,
    aDepth: number,
    bBatch: number,
    bDepth: number,
    bColumn: number,
    accumulate: number,
    bf16: number,
    a: Float32Array,
    b: Float32Array,
    bias: MaybeFloats,
    c: Float32Array,
  ): void;
  attention(...shapeAndArrays: [...AttentionShape, ...AttentionArrays]): void;
  attentionGradient(
    ...shapeAndArrays: [
      ...AttentionShape,
      ...AttentionArrays,
      dOut: Float32Array,
      dQuery: Float32Array,
      dKey: Float32Array,
      dValue: Float32Array,
      /** [batch, heads]; left out without sinks. */
      dSinks?: Float32Array,
    ]
  ): void;
  norm(
    layer: number,
    rows: number,
    dim: number,
    epsilon: number,
    unitOffset: number,
    x: Float32Array,
    weight: MaybeFloats,
    bias: MaybeFloats,
    y: Float32Array,
    mean: MaybeFloats,
    scale: Float32Array,
  ): void;
  normGradient(
    layer: number,
    rows: number,
    dim: number,
    unitOffset: number,
    /** 1 adds to dx. */
    accumulate: number,
    x: Float32Array,
    weight: MaybeFloats,
    mean: MaybeFloats,
    scale: Float32Array,
    dy: Float32Array,
    dx: MaybeFloats,
    dWeight: MaybeFloats,
    dBias: MaybeFloats,
  ): void;
  /** y += x */
  addTo(size: number, x: Float32Array, y: Float32Array): void;
  /** y = xShare x + zShare z; y may be x or z. */
  blend(size: number, xShare: number, x: Float32Array, zShare: number, z: Float32Array, y: Float32Array): void;
  activation(kind: number, size: number, x: Float32Array, up: MaybeFloats, y: Float32Array): void;
  activationGradient(
    kind: number,
    size: number,
    x: Float32Array,
    up: MaybeFloats,
    dy: Float32Array,
    dx: Float32Array,
    dUp: MaybeFloats,
  ): void;
  rotary(
    batch: number,
    seq: number,
    heads: number,
    headDim: number,
    half: number,
    interleaved: number,
    inverse: number,
    x: Float32Array,
    cos: Float32Array,
    sin: Float32Array,
    y: Float32Array,
  ): void;
  embed(tokens: number, hidden: number, vocab: number, table: Float32Array, ids: Int32Array, y: Float32Array): void;
  embedGradient(
    tokens: number,
    hidden: number,
    vocab: number,
    ids: Int32Array,
    dy: Float32Array,
    dTable: Float32Array,
  ): void;
  /** Returns the mean loss over the targets that are not -1. */
  crossEntropy(
    tokens: number,
    hidden: number,
    vocab: number,
    softcap: number,
    bf16: number,
    x: Float32Array,
    weight: Float32Array,
    targets: Int32Array,
    losses: Float32Array,
    dX: MaybeFloats,
    dWeight: MaybeFloats,
  ): number;
  adamw(
    learningRate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    step: number,
    gradientScale: number,
    parameters: readonly Float32Array[],
    gradients: readonly Float32Array[],
    firstMoments: readonly Float32Array[],
    secondMoments: readonly Float32Array[],
    decays: Float32Array,
  ): void;
  sumOfSquares(size: number, x: Float32Array): number;
  binary(kind: number, rank: number, layout: Int32Array, a: Float32Array, b: Float32Array, y: Float32Array): void;
  unary(kind: number, argument: number, size: number, x: Float32Array, y: Float32Array): void;
  /** y[outer, inner] = factor Σ x[outer, reduced, inner]. */
  sum(outer: number, reduced: number, inner: number, factor: number, x: Float32Array, y: Float32Array): void;
  /** A dense y from a strided view of x. */
  copy(start: number, rank: number, layout: Int32Array, x: Float32Array, y: Float32Array): void;
  copyRows(
    rows: number,
    width: number,
    xStart: number,
    xRow: number,
    yStart: number,
    yRow: number,
    x: Float32Array,
    y: Float32Array,
  ): void;
  convolution(...shapeAndArrays: [...ConvolutionArguments, y: Float32Array]): void;
  convolutionGradient(
    ...shapeAndArrays: [
      ...ConvolutionArguments,
      dy: Float32Array,
      dx: Float32Array,
      dWeight: Float32Array,
      dBias: MaybeFloats,
    ]
  ): void;
  ssd(...shapeAndArrays: SsdArguments): void;
  /** Takes the arrays of `ssd`, then dy, room for the gradients of the states, and the gradients of the five inputs. */
  ssdGradient(...shapeAndArrays: SsdArguments): void;
  selectiveScan(...shapeAndArrays: SelectiveScanArguments): void;
  /** Takes the arrays of `selectiveScan`, then dy, and the gradients of the six inputs. */
  selectiveScanGradient(...shapeAndArrays: SelectiveScanArguments): void;
  gatedNorm(...shapeAndArrays: [...GatedNormArguments, y: Float32Array]): void;
  gatedNormGradient(
    ...shapeAndArrays: [
      ...GatedNormArguments,
      dy: Float32Array,
      dx: Float32Array,
      dGate: Float32Array,
      dWeight: Float32Array,
    ]
  ): void;
  /** weights = softmax(scale scores + mask), see kernels.h. */
  maskedSoftmax(
    ...shapeAndArrays: [...MaskedSoftmaxShape, scores: Float32Array, mask: Float32Array, weights: Float32Array]
  ): void;
  maskedSoftmaxGradient(
    ...shapeAndArrays: [...MaskedSoftmaxShape, weights: Float32Array, dWeights: Float32Array, dScores: Float32Array]
  ): void;
  /** `errors` and `states` are what the gradient needs, `initial` and `final` the state around the sequence; see kernels.h. */
  deltaRule(
    ...shapeAndArrays: [
      ...DeltaShape,
      ...DeltaInputs,
      initial: MaybeFloats,
      out: Float32Array,
      errors: MaybeFloats,
      states: MaybeFloats,
      final: MaybeFloats,
    ]
  ): void;
  deltaRuleGradient(
    ...shapeAndArrays: [
      ...DeltaShape,
      ...DeltaInputs,
      errors: Float32Array,
      states: Float32Array,
      dOut: Float32Array,
      dMixed: Float32Array,
      dDecay: Float32Array,
      dBeta: Float32Array,
    ]
  ): void;
  decayGate(...shapeAndArrays: [...DecayGateArguments, y: Float32Array]): void;
  decayGateGradient(
    ...shapeAndArrays: [
      ...DecayGateArguments,
      dy: Float32Array,
      dx: Float32Array,
      dBias: Float32Array,
      dRate: Float32Array,
    ]
  ): void;
}

export type MaskedSoftmaxShape = [batch: number, heads: number, seq: number, keySeq: number, scale: number];
export type DeltaShape = [
  batch: number,
  seq: number,
  keyHeads: number,
  heads: number,
  keyDim: number,
  valueDim: number,
  perChannel: number,
  chunk: number,
];
export type DeltaInputs = [mixed: Float32Array, decay: Float32Array, beta: Float32Array];
export type DecayGateArguments = [
  rows: number,
  heads: number,
  channels: number,
  x: Float32Array,
  bias: Float32Array,
  rate: Float32Array,
];

/** What the recurrence of Mamba-2 reads, then what it makes: y, step sizes, their sums and the states of the chunks. */
export type SsdArguments = [
  batch: number,
  seq: number,
  heads: number,
  headDim: number,
  groups: number,
  state: number,
  floor: number,
  ceiling: number,
  initial: MaybeFloats,
  ...arrays: Float32Array[],
];
/** What the recurrence of Mamba-1 reads, then what it makes: y and the states of the chunks. */
export type SelectiveScanArguments = [
  batch: number,
  seq: number,
  channels: number,
  state: number,
  initial: MaybeFloats,
  ...arrays: Float32Array[],
];
export type ConvolutionArguments = [
  batch: number,
  seq: number,
  channels: number,
  taps: number,
  silu: number,
  x: Float32Array,
  weight: Float32Array,
  bias: MaybeFloats,
  history: MaybeFloats,
];
export type GatedNormArguments = [
  rows: number,
  dim: number,
  groups: number,
  epsilon: number,
  gateFirst: number,
  sigmoid: number,
  x: Float32Array,
  gate: Float32Array,
  weight: Float32Array,
  scale: Float32Array,
];
export type AttentionShape = [
  batch: number,
  seq: number,
  keySeq: number,
  heads: number,
  kvHeads: number,
  headDim: number,
  valueDim: number,
  window: number,
  chunk: number,
  offset: number,
  scale: number,
  softcap: number,
];
export type AttentionArrays = [
  query: Float32Array,
  key: Float32Array,
  value: Float32Array,
  sinks: MaybeFloats,
  out: Float32Array,
  logSumExp: Float32Array,
];

export type AddonOrProblem = { readonly addon: Addon } | { readonly problem: string };

let cached: AddonOrProblem | null = null;

/**
 * Loads the addon once, or says why it cannot be used.
 *
 * SUPRA_ISA picks an instruction set and SUPRA_THREADS the number of threads.
 */
export function loadAddon(): AddonOrProblem {
  cached ??= findAndLoad();
  return cached;
}

function findAndLoad(): AddonOrProblem {
  const file = process.env.SUPRA_NATIVE ?? findAddonFile();
  if (file === null || !existsSync(file)) {
    return {
      problem: 'The C++ addon is not built; run `node native/build.mjs` (it needs a C++ compiler, make and python3).',
    };
  }
  try {
    const addon = createRequire(file)(file) as Addon;
    addon.configure(process.env.SUPRA_ISA ?? '', Number(process.env.SUPRA_THREADS ?? 0) || 0);
    return { addon };
  } catch (error) {
    return {
      problem: `The C++ addon ${file} does not load: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

/** native/build/Release of this package, found upwards from this file or from the working directory. */
function findAddonFile(): string | null {
  const starts = [typeof __dirname === 'string' ? __dirname : null, process.cwd()];
  for (const start of starts) {
    for (let folder = start; folder !== null; folder = dirname(folder) === folder ? null : dirname(folder)) {
      const file = join(folder, 'native/build/Release/supra_native.node');
      if (isPackageRoot(folder) && existsSync(file)) return file;
    }
  }
  return null;
}

function isPackageRoot(folder: string): boolean {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return false;
  const description: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return (
    typeof description === 'object' && description !== null && 'name' in description && description.name === 'supra'
  );
}
