import {
  cast,
  div,
  greaterEqual,
  logSumExp,
  maximum,
  mul,
  oneHot,
  sub,
  sum,
  type Tensor1D,
  type Tensor2D,
  tanh,
} from '@tensorflow/tfjs-core';
import { currentNativeBackend } from '../backends/native/native-backend';
import type { Precision } from './bfloat16';
import { expectDtype, expectShape } from './expect-shape';
import { linearReference } from './linear';

export interface TokenLossOptions {
  /** Logits z become softcap · tanh(z / softcap); null leaves them. */
  readonly softcap: number | null;
  readonly precision: Precision;
}

/**
 * The cross-entropy of every token in nats: loss_t = log Σ_v exp(z_tv) - z_t,target, with z = cap(x Wᵀ).
 *
 * For evaluation: no gradient on the native backend, and the logits are never stored as a whole.
 * Shapes: x [tokens, hidden], weight [vocab, hidden], targets int32 [tokens], result [tokens].
 * A target of -1 is no target: its loss is 0.
 */
export function tokenLosses(x: Tensor2D, weight: Tensor2D, targets: Tensor1D, options: TokenLossOptions): Tensor1D {
  expectLossShapes('tokenLosses', x, weight, targets);
  const backend = currentNativeBackend();
  if (backend === null) return tokenLossesReference(x, weight, targets, options);
  const [tokens, hidden] = x.shape;
  const losses = backend.outputTensor<Tensor1D>([tokens]);
  const settings = [options.softcap ?? 0, options.precision === 'bf16' ? 1 : 0] as const;
  const given = [backend.floats(x), backend.floats(weight), backend.ints(targets)] as const;
  backend.addon.crossEntropy(
    tokens,
    hidden,
    weight.shape[0],
    ...settings,
    ...given,
    backend.floats(losses),
    null,
    null,
  );
  return losses;
}

/** `tokenLosses` in plain tfjs ops; it has a gradient. */
export function tokenLossesReference(
  x: Tensor2D,
  weight: Tensor2D,
  targets: Tensor1D,
  { softcap, precision }: TokenLossOptions,
): Tensor1D {
  const raw = linearReference(x, weight, null, precision);
  const logits = softcap === null ? raw : mul(tanh(div(raw, softcap)), softcap);
  const chosen = cast(oneHot(cast(maximum(targets, 0), 'int32'), weight.shape[0]), 'float32');
  const losses = sub(logSumExp(logits, 1), sum(mul(chosen, logits), 1));
  return mul(losses, cast(greaterEqual(targets, 0), 'float32')) as Tensor1D;
}

/** The shape rules that the losses over a vocabulary share. */
export function expectLossShapes(operation: string, x: Tensor2D, weight: Tensor2D, targets: Tensor1D): void {
  expectShape(operation, 'x', x, [null, null]);
  expectShape(operation, 'weight', weight, [null, x.shape[1]]);
  expectShape(operation, 'targets', targets, [x.shape[0]]);
  expectDtype(operation, 'targets', targets, 'int32');
}
