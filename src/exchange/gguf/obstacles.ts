import type { Branch, ModelSpec } from '../../architecture/model';
import { settingsIf } from '../../architecture/registry';
import type { Obstacle } from '../../architecture/unfit';
import { branchOf, firstOf, perStack, ropeOf, windowOf } from '../hugging-face/write-common';
import { periodOf, settingsOrNull } from './read-spec';

// What architectures of llama.cpp cannot hold; an empty list: nothing stands in the way.

/** `layer`: the one that has it, counted from 1, where others have the same setting otherwise. */
export const obstacle = (setting: string, text: string, layer: number | null = null): Obstacle => ({
  setting,
  text,
  layer,
});

/** The first layer whose branches are so, counted from 1; null: none is. */
export function layerWith(spec: ModelSpec, isIt: (branches: readonly Branch[]) => boolean): number | null {
  const index = perStack(spec, isIt).indexOf(true);
  return index < 0 ? null : index + 1;
}

const isWindowed = (branches: readonly Branch[]): boolean =>
  typeof branchOf(branches, 'attention')?.body.config.window === 'number';

/** A window that is no shorter than the context changes nothing. */
export function noWindow(spec: ModelSpec, name: string): readonly Obstacle[] {
  const window = windowOf(spec);
  if (window === null || window >= spec.context) return [];
  const text = `\`window = ${window}\`: attention of ${name} sees every earlier token`;
  return [obstacle('attention.window', text, layerWith(spec, isWindowed))];
}

export const noBias = (spec: ModelSpec, name: string): readonly Obstacle[] => {
  const bias = firstOf(spec, 'attention.gqa')?.bias;
  return bias === undefined || bias === 'none'
    ? []
    : [obstacle('attention.bias', `\`bias = ${bias}\`: attention of ${name} has no biases`)];
};

export const wholeHeads = (spec: ModelSpec): readonly Obstacle[] => {
  const attention = firstOf(spec, 'attention.gqa');
  return attention === undefined || attention.heads * attention.head_dim === spec.hidden
    ? []
    : [obstacle('attention.head_dim', `\`head_dim = ${attention.head_dim}\`: heads * head_dim must be hidden`)];
};

export const periodic = (spec: ModelSpec): readonly Obstacle[] =>
  periodOf(spec) === null
    ? [obstacle('layers', 'layers without `window` must come at equal distances, the last of each group')]
    : [];

/** Layers with a window are never stretched; whether they have a base of their own differs. */
export function localRope(spec: ModelSpec, base: 'same theta' | 'own theta'): readonly Obstacle[] {
  const [local, global] = [ropeOf(spec, 'local'), ropeOf(spec, 'global')];
  if (local === undefined) return [];
  const layer = layerWith(spec, isWindowed);
  const scaled = '`scaling` in layers with a `window`: their positions are not scaled';
  const turned = `\`theta = ${local.theta}\` of layers with a \`window\`: all layers have one`;
  return [
    ...(local.scaling.id === 'scaling.none' ? [] : [obstacle('position.scaling', scaled, layer)]),
    ...(base === 'same theta' && global !== undefined && local.theta !== global.theta
      ? [obstacle('position.theta', turned, layer)]
      : []),
  ];
}

/** Rotary scalings beside these stand in the way, as does what llama.cpp does otherwise in YaRN. */
export function scalingsOtherThan(spec: ModelSpec, known: readonly string[]): readonly Obstacle[] {
  const perLayer = perStack(spec, branches => {
    const position = branchOf(branches, 'attention')?.position;
    return settingsOrNull(position, 'position.rope')?.scaling;
  });
  const found = new Map<string, Obstacle>();
  for (const [index, scaling] of perLayer.entries()) {
    if (scaling === undefined) continue;
    const word = scaling.id.replace('scaling.', '');
    const problem =
      word !== 'none' && !known.includes(word)
        ? obstacle('position.scaling', `\`scaling ${word}\`: positions cannot be scaled like this`, index + 1)
        : settingsIf(scaling, 'scaling.yarn')?.truncate === false
          ? obstacle('position.scaling.truncate', rounded, index + 1)
          : undefined;
    if (problem !== undefined && !found.has(problem.text)) found.set(problem.text, problem);
  }
  return [...found.values()];
}

const rounded = '`truncate = false` of yarn: the borders of the ramp are rounded to whole dimensions';

export function latentObstacles(spec: ModelSpec): readonly Obstacle[] {
  const attention = firstOf(spec, 'attention.mla');
  const moe = firstOf(spec, 'ffn.moe');
  if (attention === undefined) return [];
  const yarn = settingsOrNull(ropeOf(spec)?.scaling, 'scaling.yarn');
  const epsilon = spec.finalNorm.config.epsilon as number;
  // Models of these depths are taken for others, which have no query rank.
  const liteDepths = [26, 27];
  const { length: layers } = spec.stack;
  return [
    ...(attention.query_rank === null
      ? [obstacle('attention.query_rank', 'attention without `query_rank`: queries come from a latent vector')]
      : []),
    ...(attention.latent_epsilon === epsilon
      ? []
      : [obstacle('attention.latent_epsilon', '`latent_epsilon`: all norms have one epsilon')]),
    ...(moe === undefined ? [obstacle('ffn', 'a model without `ffn moe`: some layers must be mixtures')] : []),
    ...(moe?.shared === 0 ? [obstacle('ffn.shared', '`shared = 0`: there is always a shared expert')] : []),
    ...(yarn !== null && (yarn.mscale_all_dim === null || yarn.mscale !== yarn.mscale_all_dim)
      ? [
          obstacle(
            'position.scaling.mscale',
            '`scaling yarn` whose `mscale` and `mscale_all_dim` are not the same: it has one number for both',
          ),
        ]
      : []),
    ...(liteDepths.includes(layers)
      ? [obstacle('layers', `\`layers = ${layers}\`: 26 and 27 layers mean another model`)]
      : []),
    ...scalingsOtherThan(spec, ['linear', 'yarn']),
  ];
}

export const scanObstacles = ({ bias }: { readonly bias: boolean }): readonly Obstacle[] =>
  bias ? [obstacle('mixer.bias', '`bias = true` of the mixer: its projections have none')] : [];
