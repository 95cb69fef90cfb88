import type { Instance } from '../../architecture/component';
import type { Maker } from '../../architecture/make-instance';
import type { ModelSpec } from '../../architecture/model';
import type { SettingsOf } from '../../architecture/registry';
import type { JsonObject } from './config-json';
import type { ConfigReader } from './config-reader';
import { denseBefore, denseOf, firstOf } from './write-common';

/** What mixtures of experts have in common. */

/** Weight of the balancing loss, which transformers adds only where router scores are asked for. */
export function readAuxLoss(config: ConfigReader): number {
  const weight = config.real('router_aux_loss_coef');
  return config.has('output_router_logits') && config.flag('output_router_logits') ? weight : 0;
}

export function writeAuxLoss(moe: SettingsOf<'ffn.moe'> | undefined): JsonObject {
  const weight = moe?.router.config.aux_loss;
  return typeof weight === 'number' && weight > 0
    ? { router_aux_loss_coef: weight, output_router_logits: true }
    : { output_router_logits: false };
}

/** A mixture in the keys that DeepSeek V3 made common. */
export const readRoutedExperts = (config: ConfigReader, make: Maker, router: Instance): Instance =>
  make('ffn.moe', {
    experts: config.whole('n_routed_experts'),
    top_k: config.whole('num_experts_per_tok'),
    width: config.whole('moe_intermediate_size'),
    shared: config.whole('n_shared_experts', 0),
    router,
  });

/** The same keys, and the dense layers before. */
export function writeRoutedExperts(spec: ModelSpec): JsonObject {
  const moe = firstOf(spec, 'ffn.moe');
  return {
    hidden_act: 'silu',
    intermediate_size: denseOf(spec)?.width ?? moe?.width,
    first_k_dense_replace: denseBefore(spec),
    moe_intermediate_size: moe?.width,
    n_routed_experts: moe?.experts,
    num_experts_per_tok: moe?.top_k,
    n_shared_experts: moe?.shared,
  };
}

/** Keys of the router that DeepSeek V3 made common: sigmoid scores, groups, a correction bias. */
export function readSigmoidRouter(config: ConfigReader): {
  readonly renormalize: boolean;
  readonly scale: number;
  readonly groups: number;
  readonly top_groups: number;
} {
  return {
    renormalize: config.flag('norm_topk_prob'),
    scale: config.real('routed_scaling_factor'),
    ...readGroups(config),
  };
}

/** Groups only matter where there are several. */
export function readGroups(config: ConfigReader): { readonly groups: number; readonly top_groups: number } {
  const groups = config.whole('n_group');
  const topGroups = config.whole('topk_group');
  if (topGroups > groups) config.fail(`\`topk_group\` (${topGroups}) is more than \`n_group\` (${groups}).`);
  return { groups, top_groups: Math.min(groups, topGroups) };
}

export function writeSigmoidRouter(moe: SettingsOf<'ffn.moe'> | undefined): JsonObject {
  const { renormalize, scale, groups, top_groups } = moe?.router.config ?? {};
  return {
    norm_topk_prob: renormalize === true,
    routed_scaling_factor: typeof scale === 'number' ? scale : 1,
    n_group: typeof groups === 'number' ? groups : 1,
    topk_group: typeof top_groups === 'number' ? top_groups : 1,
  };
}
