import type { ModelSpec } from '../../architecture/model';
import { settingsIf } from '../../architecture/registry';
import { firstOf, ropeOf, windowOf } from '../hugging-face/write-common';
import { periodOf, settingsOrNull } from './read-spec';

// Settings that architectures of llama.cpp cannot hold, each as a sentence; an empty list: nothing stands in the way.

/** A window that is no shorter than the context changes nothing. */
export function noWindow(spec: ModelSpec, name: string): readonly string[] {
  const window = windowOf(spec);
  return window === null || window >= spec.context
    ? []
    : [`\`window = ${window}\`: attention of ${name} sees every earlier token`];
}

export const noBias = (spec: ModelSpec, name: string): readonly string[] => {
  const bias = firstOf(spec, 'attention.gqa')?.bias;
  return bias === undefined || bias === 'none' ? [] : [`\`bias = ${bias}\`: attention of ${name} has no biases`];
};

export const wholeHeads = (spec: ModelSpec): readonly string[] => {
  const attention = firstOf(spec, 'attention.gqa');
  return attention === undefined || attention.heads * attention.head_dim === spec.hidden
    ? []
    : [`\`head_dim = ${attention.head_dim}\`: heads * head_dim must be hidden`];
};

export const periodic = (spec: ModelSpec): readonly string[] =>
  periodOf(spec) === null ? ['layers without `window` must come at equal distances, the last of each group'] : [];

/** Layers with a window are never stretched; whether they have a base of their own differs. */
export function localRope(spec: ModelSpec, base: 'same theta' | 'own theta'): readonly string[] {
  const [local, global] = [ropeOf(spec, 'local'), ropeOf(spec, 'global')];
  if (local === undefined) return [];
  return [
    ...(local.scaling.id === 'scaling.none'
      ? []
      : ['`scaling` in layers with a `window`: their positions are not scaled']),
    ...(base === 'same theta' && global !== undefined && local.theta !== global.theta
      ? [`\`theta = ${local.theta}\` of layers with a \`window\`: all layers have one`]
      : []),
  ];
}

/** Rotary scalings beside these stand in the way, as does what llama.cpp does otherwise in YaRN. */
export function scalingsOtherThan(spec: ModelSpec, known: readonly string[]): readonly string[] {
  const scalings = spec.kinds.flatMap(({ branches }) =>
    branches.flatMap(({ kind, position }) => {
      const rope = kind === 'attention' ? settingsIf(position, 'position.rope') : null;
      return rope === null ? [] : [rope.scaling];
    }),
  );
  const problems = scalings.flatMap(scaling => {
    const word = scaling.id.replace('scaling.', '');
    if (word !== 'none' && !known.includes(word)) return [`\`scaling ${word}\`: positions cannot be scaled like this`];
    const yarn = settingsIf(scaling, 'scaling.yarn');
    return yarn?.truncate === false
      ? ['`truncate = false` of yarn: the borders of the ramp are rounded to whole dimensions']
      : [];
  });
  return [...new Set(problems)];
}

export function latentObstacles(spec: ModelSpec): readonly string[] {
  const attention = firstOf(spec, 'attention.mla');
  const moe = firstOf(spec, 'ffn.moe');
  if (attention === undefined) return [];
  const yarn = settingsOrNull(ropeOf(spec)?.scaling, 'scaling.yarn');
  const epsilon = spec.finalNorm.config.epsilon as number;
  // Models of these depths are taken for others, which have no query rank.
  const liteDepths = [26, 27];
  return [
    ...(attention.query_rank === null ? ['attention without `query_rank`: queries come from a latent vector'] : []),
    ...(attention.latent_epsilon === epsilon ? [] : ['`latent_epsilon`: all norms have one epsilon']),
    ...(moe === undefined ? ['a model without `ffn moe`'] : []),
    ...(moe?.shared === 0 ? ['`shared = 0`: there is always a shared expert'] : []),
    ...(yarn !== null && (yarn.mscale_all_dim === null || yarn.mscale !== yarn.mscale_all_dim)
      ? ['`scaling yarn` whose `mscale` and `mscale_all_dim` are not the same']
      : []),
    ...(liteDepths.includes(spec.stack.length)
      ? [`\`layers = ${spec.stack.length}\`: 26 and 27 layers mean another model`]
      : []),
    ...scalingsOtherThan(spec, ['linear', 'yarn']),
  ];
}

export const scanObstacles = ({ bias }: { readonly bias: boolean }): readonly string[] =>
  bias ? ['`bias = true` of the mixer: its projections have none'] : [];
