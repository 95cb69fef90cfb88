import {
  keep,
  mul,
  type Scalar,
  slice,
  type Tensor2D,
  tensor1d,
  tensor2d,
  tidy,
  type Variable,
} from '@tensorflow/tfjs-core';
import type { ModelSpec, ModelWeight } from '../architecture/model';
import { createDecodeCache, type DecodeCache } from './decode-cache';
import { createForward, rowsOf } from './forward';
import { type Gradients, valueAndGradients } from './gradients';
import type { ExpertLoadListener, Pass } from './layers/layer';
import { attachLoss } from './ops/attach-loss';
import type { Precision } from './ops/bfloat16';
import { predictionLoss } from './prediction-loss';
import { createVariables, type InitialWeights } from './variables';

/** Token ids of `batch` sequences of `seq` tokens each, row by row. */
export interface TokenBatch {
  readonly batch: number;
  readonly seq: number;
  readonly inputs: Int32Array;
}

/** Tokens with what should follow each of them; -1 where nothing is asked. */
export interface LessonBatch extends TokenBatch {
  readonly targets: Int32Array;
}

export interface PassOptions {
  /** Number format of the factors of matrix products; fp32 when left out. */
  readonly precision?: Precision;
  /** Told by every mixture of experts: its path, and how many tokens each expert got. */
  readonly onExpertLoad?: ExpertLoadListener;
  /**
   * Weight of the loss of the multi-token prediction modules, averaged over them. Only gradients feel it: the loss that is
   * returned stays that of the next token. 0 when left out.
   */
  readonly mtpWeight?: number;
}

/** A model with its weights on the current backend. Plain numbers in and out; free it with `dispose`. */
export interface Model {
  readonly spec: ModelSpec;
  /** The model's table, tied tensors left out. */
  readonly table: readonly ModelWeight[];
  /** What training changes, by path. */
  readonly trainable: ReadonlyMap<string, Variable>;
  /** Copies one tensor out. Throws a programmer error on an unknown path. */
  readWeight(path: string): Float32Array;
  /** Overwrites one tensor. */
  writeWeight(path: string, data: Float32Array): void;
  /** Scores of every token after every token, [batch, seq, vocab] row by row. For tests and small texts. */
  logits(tokens: TokenBatch, options?: PassOptions): Float32Array;
  /** Mean cross-entropy in nats. */
  loss(lesson: LessonBatch, options?: PassOptions): number;
  /** Cross-entropy of every token in nats, [batch, seq] row by row, 0 where the target is -1. */
  tokenLosses(lesson: LessonBatch, options?: PassOptions): Float32Array;
  /** Loss and its gradients; the caller frees these with `disposeGradients`. */
  lossAndGradients(
    lesson: LessonBatch,
    options?: PassOptions,
  ): { readonly loss: number; readonly gradients: Gradients };
  /** An empty cache for `decode`. */
  createCache(): DecodeCache;
  /** Reads the next tokens of every sequence and returns the scores after the last of them, [batch, vocab] row by row. */
  decode(tokens: TokenBatch, cache: DecodeCache, options?: PassOptions): Float32Array;
  dispose(): void;
}

/** Makes a model from its spec: freshly drawn from a seed, or with given weights. */
export function createModel(spec: ModelSpec, initial: InitialWeights): Model {
  const variables = createVariables(spec, initial);
  const forward = createForward(spec, variables);
  const constants = new Map<string, readonly Tensor2D[]>();
  const trainable = new Map(
    variables.table.flatMap(({ path }) => {
      const variable = variables.get(path);
      return variable.trainable ? [[path, variable] as const] : [];
    }),
  );

  const passOf = (options: PassOptions | undefined, rest: Partial<Pick<Pass, 'training' | 'offset'>> = {}): Pass => ({
    precision: options?.precision ?? 'fp32',
    ...(options?.onExpertLoad === undefined ? {} : { onExpertLoad: options.onExpertLoad }),
    training: false,
    offset: 0,
    ...rest,
    constants(key, make) {
      const known = constants.get(key);
      if (known !== undefined) return known;
      const made = make().map(table => keep(table));
      constants.set(key, made);
      return made;
    },
  });
  const idsOf = ({ inputs, batch, seq }: TokenBatch): Tensor2D => tensor2d(inputs, [batch, seq], 'int32');
  const lossOf = (lesson: LessonBatch, pass: Pass, mtpWeight = 0): Scalar => {
    const ids = idsOf(lesson);
    const hidden = forward.hidden(ids, pass, null);
    const loss = forward.loss(rowsOf(hidden), tensor1d(lesson.targets, 'int32'), pass) as Scalar;
    if (!pass.training || mtpWeight === 0 || spec.mtp === undefined || lesson.seq === 1) return loss;
    return attachLoss(loss, mul(predictionLoss(forward, ids, hidden, lesson, pass), mtpWeight));
  };

  return {
    spec,
    table: variables.table,
    trainable,
    readWeight: variables.read,
    writeWeight: variables.write,
    logits(tokens, options) {
      expectTokens(spec, tokens, 0);
      const pass = passOf(options);
      return numbersOf(() =>
        forward.logits(rowsOf(forward.hidden(idsOf(tokens), pass, null)), pass).dataSync<'float32'>(),
      );
    },
    loss(lesson, options) {
      expectLesson(spec, lesson);
      return tidy(() => lossOf(lesson, passOf(options)).dataSync()[0] ?? Number.NaN);
    },
    tokenLosses(lesson, options) {
      expectLesson(spec, lesson);
      const pass = passOf(options);
      return numbersOf(() => {
        const rows = rowsOf(forward.hidden(idsOf(lesson), pass, null));
        return forward.tokenLosses(rows, tensor1d(lesson.targets, 'int32'), pass).dataSync<'float32'>();
      });
    },
    lossAndGradients(lesson, options) {
      expectLesson(spec, lesson);
      const pass = passOf(options, { training: true });
      const { value, gradients } = valueAndGradients(() => lossOf(lesson, pass, options?.mtpWeight), trainable);
      const loss = value.dataSync()[0] ?? Number.NaN;
      value.dispose();
      return { loss, gradients };
    },
    createCache: createDecodeCache,
    decode(tokens, cache, options) {
      expectTokens(spec, tokens, cache.length);
      if (cache.length > 0 && cache.batch !== tokens.batch) {
        throw new Error(`Expected ${cache.batch} sequences, as the cache holds, got ${tokens.batch}.`);
      }
      const pass = passOf(options, { offset: cache.length });
      const scores = numbersOf(() => {
        const hidden = forward.hidden(idsOf(tokens), pass, cache);
        const last = slice(hidden, [0, tokens.seq - 1, 0], [tokens.batch, 1, spec.hidden]);
        return forward.logits(rowsOf(last), pass).dataSync<'float32'>();
      });
      cache.advance(tokens.batch, tokens.seq);
      return scores;
    },
    dispose() {
      variables.dispose();
      trainable.clear();
      for (const tables of constants.values()) for (const table of tables) table.dispose();
      constants.clear();
    },
  };
}

/** Numbers made with tensors that are freed afterwards. `tidy` itself would look for tensors in every element of its result. */
function numbersOf(compute: () => Float32Array): Float32Array {
  let numbers = new Float32Array();
  tidy(() => {
    // A copy: the data of a freed tensor is used again.
    numbers = compute().slice();
  });
  return numbers;
}

/** Kernels read tables without bounds checks, so ids are checked once, here. */
function expectTokens({ vocab, context }: ModelSpec, { inputs, batch, seq }: TokenBatch, offset: number): void {
  if (seq < 1 || batch < 1 || inputs.length !== batch * seq) {
    throw new Error(`Expected batch * seq ids, at least 1: ${batch} * ${seq}, got ${inputs.length}.`);
  }
  if (offset + seq > context) {
    throw new Error(`Expected at most ${context} tokens, the context of the model, got ${offset + seq}.`);
  }
  const wrong = inputs.find(id => id < 0 || id >= vocab);
  if (wrong !== undefined) throw new Error(`Expected ids from 0 to ${vocab - 1}, got ${wrong}.`);
}

function expectLesson(spec: ModelSpec, lesson: LessonBatch): void {
  expectTokens(spec, lesson, 0);
  const { targets, inputs } = lesson;
  if (targets.length !== inputs.length) throw new Error(`Expected ${inputs.length} targets, got ${targets.length}.`);
  const wrong = targets.find(id => id < -1 || id >= spec.vocab);
  if (wrong !== undefined) throw new Error(`Expected targets from -1 to ${spec.vocab - 1}, got ${wrong}.`);
}
