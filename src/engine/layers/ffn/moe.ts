import {
  add,
  mul,
  reshape,
  sigmoid,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  tensor2d,
} from '@tensorflow/tfjs-core';
import type { SettingsOf, WeightNameOf } from '../../../architecture/registry';
import { activation } from '../../ops/activation';
import { clampedSwiglu } from '../../ops/clamped-swiglu';
import { columns } from '../../ops/columns';
import { embed } from '../../ops/embed';
import { expertLoad, orderByExpert } from '../../ops/expert-order';
import { gatedActivation } from '../../ops/gated-activation';
import { groupedLinear } from '../../ops/grouped-linear';
import { linear } from '../../ops/linear';
import { weightedSum } from '../../ops/weighted-sum';
import type { Layer, Scope } from '../layer';
import { routerOf } from '../router/routers';

type MoeScope = Scope<SettingsOf<'ffn.moe'>, WeightNameOf<'ffn.moe'>>;

/**
 * y = Σ_(e chosen) w_e E_e(x) + shared experts, with E_e(x) = W_down (act(W_gate x) * W_up x).
 *
 * Tokens are sorted by expert, each expert multiplies its own rows only, and the answers go back to their tokens. Shapes: x and y
 * [batch, seq, hidden]. Shazeer et al. 2017; shared experts: Dai et al. 2024, "DeepSeekMoE".
 */
export const moeLayer: Layer<'ffn.moe'> = {
  feed(x, scope) {
    const rows = reshape(x, [-1, x.shape[2]]) as Tensor2D;
    const routed = routedExperts(rows, scope);
    const experts = scope.config.shared > 0 ? add(routed, sharedExperts(rows, scope)) : routed;
    // The sum of two answers of like size is brought back to the size of one (Grok).
    const all =
      scope.config.dense_width === null ? experts : mul(add(experts, beside(rows, 'dense', scope)), Math.SQRT1_2);
    return reshape(all, x.shape) as Tensor3D;
  },
};

/** What the chosen experts answer, weighted and added up: [tokens, hidden] of [tokens, hidden]. */
function routedExperts(rows: Tensor2D, { config, weights, pass, path }: MoeScope): Tensor2D {
  const [tokens, hidden] = rows.shape;
  const { experts } = config;
  const topK = Math.min(config.top_k, experts);
  const router = routerOf(config.router);
  // Scores stay fp32: a rounded score is another choice.
  const scores = linear(rows, weights.get('router', 2), weights.find('router_bias', 1)) as Tensor2D;
  const routing = router.route(scores, {
    config: config.router.config,
    topK,
    correction: weights.find('router_correction', 1),
    training: pass.training,
  });
  const { starts, slotOfRow, rowOfSlot } = orderByExpert(routing.chosen, experts);
  pass.onExpertLoad?.(path, expertLoad(starts));

  const count = tokens * topK;
  const read = takeRows(
    rows,
    slotOfRow.map(slot => Math.floor(slot / topK)),
    [count, hidden],
  );
  const byToken = reshape(routing.weights, [count, 1]) as Tensor2D;
  const scaled = router.weighs === 'input' ? mul(read, takeRows(byToken, slotOfRow, [count, 1])) : read;
  const project = (input: Tensor2D, name: 'experts_in' | 'experts_out') =>
    groupedLinear(input, weights.get(name, 3), weights.find(`${name}_bias`, 2), starts, pass.precision);
  const inner = activate(project(scaled as Tensor2D, 'experts_in'), config);
  const answers = takeRows<Tensor3D>(project(inner, 'experts_out'), rowOfSlot, [tokens, topK, hidden]);
  if (router.weighs === 'output') return weightedSum(answers, routing.weights);
  return topK === 1 ? (reshape(answers, [tokens, hidden]) as Tensor2D) : (sum(answers, 1) as Tensor2D);
}

/** Rows of a matrix by index, which may repeat: the lookup of the embedding, gradient included. */
const takeRows = <T extends Tensor>(rows: Tensor2D, ids: Int32Array, shape: number[]): T =>
  reshape(embed(rows, tensor2d(ids, [1, ids.length], 'int32')), shape) as T;

/** The inner layer of an expert; gated ones hold the gate in the first half of the columns, up in the second. */
function activate(inner: Tensor2D, { gated, width, clamp, alpha, activation: kind }: MoeScope['config']): Tensor2D {
  if (!gated) return activation(inner, kind) as Tensor2D;
  const [gate, up] = [columns(inner, 0, width), columns(inner, width, width)];
  return (
    clamp === null ? gatedActivation(gate, up, kind) : clampedSwiglu(gate, up, { limit: clamp, alpha })
  ) as Tensor2D;
}

function sharedExperts(rows: Tensor2D, scope: MoeScope): Tensor2D {
  const answer = beside(rows, 'shared', scope);
  const gate = scope.weights.find('shared_switch', 2);
  return gate === null ? answer : mul(answer, sigmoid(linear(rows, gate, null, scope.pass.precision)));
}

/** A feed-forward layer that every token uses. */
function beside(rows: Tensor2D, place: 'shared' | 'dense', { config, weights, pass }: MoeScope): Tensor2D {
  const project = (input: Tensor, part: 'gate' | 'up' | 'down') =>
    linear(input, weights.get(`${place}_${part}`, 2), null, pass.precision);
  const up = project(rows, 'up');
  const inner = config.gated
    ? gatedActivation(project(rows, 'gate'), up, config.activation)
    : activation(up, config.activation);
  return project(inner, 'down') as Tensor2D;
}
