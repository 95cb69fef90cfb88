import type { ModelSpec } from '../../architecture/model';
import type { Obstacle } from '../../architecture/unfit';
import { branchOf, denseOf, firstOf, ropeOf } from '../hugging-face/write-common';
import { bool, float32, type GgufMetadata, uint32 } from './gguf-values';
import { experts, heads, latentHeads, scan, sizes, windows } from './metadata';
import {
  latentObstacles,
  layerWith,
  localRope,
  noBias,
  noWindow,
  obstacle,
  periodic,
  scalingsOtherThan,
  scanObstacles,
  wholeHeads,
} from './obstacles';
import { hasWindow, periodOf, routerOf } from './read-spec';

/**
 * The architectures of llama.cpp that models can be written for. Each computes what one or more classes of transformers
 * compute, except for the obstacles that it names; keys and what they mean: `src/llama-arch.cpp`, `src/models` of llama.cpp.
 */
export interface GgufArchitecture {
  readonly name: string;
  /** Classes of transformers (`model_type`) that it computes. */
  readonly modelTypes: readonly string[];
  /** Which dimensions of a head turn together: (2i, 2i + 1) or (i, i + dims / 2). */
  readonly rope: 'neighbours' | 'halves';
  /** The head is a tensor of its own even where it is the embedding. */
  readonly ownHead?: true;
  /** Frequencies scaled as Llama 3 scales them are read from a tensor. */
  readonly frequencies?: true;
  /** What it calls a tensor that others call otherwise. */
  rename?(name: string): string;
  /** Settings of a model of these classes that it cannot hold; empty: it holds the model exactly. */
  obstacles(spec: ModelSpec): readonly Obstacle[];
  /** Its metadata, without the name of the architecture in front of the keys. */
  metadata(spec: ModelSpec): GgufMetadata;
}

export const architectures: readonly GgufArchitecture[] = [
  {
    name: 'llama',
    modelTypes: ['llama', 'mistral', 'mixtral'],
    rope: 'neighbours',
    frequencies: true,
    obstacles: spec => [...noWindow(spec, 'llama'), ...scalingsOtherThan(spec, ['linear', 'llama3', 'yarn'])],
    metadata: spec => ({ ...sizes(spec), ...heads(spec), ...experts(spec) }),
  },
  {
    name: 'qwen2',
    modelTypes: ['qwen2'],
    rope: 'halves',
    obstacles: spec => [...noWindow(spec, 'qwen2'), ...scalingsOtherThan(spec, ['linear', 'yarn'])],
    metadata: spec => ({ ...sizes(spec), ...heads(spec) }),
  },
  {
    name: 'qwen3',
    modelTypes: ['qwen3'],
    rope: 'halves',
    obstacles: spec => [
      ...noWindow(spec, 'qwen3'),
      ...noBias(spec, 'qwen3'),
      ...scalingsOtherThan(spec, ['linear', 'yarn']),
    ],
    metadata: spec => ({ ...sizes(spec), ...heads(spec) }),
  },
  {
    name: 'qwen3moe',
    modelTypes: ['qwen3_moe'],
    rope: 'halves',
    obstacles: spec => [
      ...noWindow(spec, 'qwen3moe'),
      ...noBias(spec, 'qwen3moe'),
      ...scalingsOtherThan(spec, ['linear', 'yarn']),
      ...(denseOf(spec) === undefined
        ? []
        : [obstacle('ffn', 'every layer must be a mixture, and some have a dense `ffn`', firstDense(spec))]),
      ...(routerOf(spec)?.renormalize === true
        ? []
        : [obstacle('ffn.router.renormalize', '`renormalize = false` of the router: weights are renormalized')]),
    ],
    metadata: spec => ({ ...sizes(spec), ...heads(spec), ...experts(spec) }),
  },
  {
    name: 'olmo2',
    modelTypes: ['olmo2', 'olmo3'],
    rope: 'halves',
    ownHead: true,
    obstacles: spec => [
      ...noBias(spec, 'olmo2'),
      ...wholeHeads(spec),
      ...periodic(spec),
      ...localRope(spec, 'same theta'),
      ...scalingsOtherThan(spec, ['linear', 'yarn']),
    ],
    metadata: spec => ({ ...sizes(spec), ...heads(spec, 'global'), ...(hasWindow(spec) ? windows(spec) : {}) }),
  },
  {
    name: 'gemma2',
    modelTypes: ['gemma2'],
    rope: 'halves',
    obstacles: spec => [
      ...noBias(spec, 'gemma2'),
      ...(hasWindow(spec) && periodOf(spec) === 2
        ? []
        : [obstacle('layers', 'every second layer must have a `window`, the first one too')]),
      ...(firstOf(spec, 'attention.gqa')?.softcap == null
        ? [obstacle('attention.softcap', 'attention without `softcap`: scores are bounded')]
        : []),
      ...(typeof spec.head.config.softcap === 'number'
        ? []
        : [obstacle('head.softcap', 'a head without `softcap`: logits are bounded')]),
      ...scalingsOtherThan(spec, []),
    ],
    metadata: spec => ({
      ...sizes(spec),
      ...heads(spec),
      ...windows(spec),
      attn_logit_softcapping: float32(firstOf(spec, 'attention.gqa')?.softcap ?? 0),
      final_logit_softcapping: float32(Number(spec.head.config.softcap)),
    }),
  },
  {
    name: 'gemma3',
    modelTypes: ['gemma3_text'],
    rope: 'halves',
    obstacles: spec => [
      ...noBias(spec, 'gemma3'),
      ...periodic(spec),
      ...localRope(spec, 'own theta'),
      ...(typeof spec.head.config.softcap === 'number'
        ? [obstacle('head.softcap', '`softcap` of the head: logits are not bounded')]
        : []),
      ...scalingsOtherThan(spec, ['linear']),
    ],
    metadata: spec => ({
      ...sizes(spec),
      ...heads(spec, 'global'),
      ...windows(spec),
      'rope.freq_base_swa': float32((ropeOf(spec, 'local') ?? ropeOf(spec))?.theta ?? 10_000),
    }),
  },
  {
    name: 'gpt-oss',
    modelTypes: ['gpt_oss'],
    rope: 'halves',
    ownHead: true,
    // The norm before the experts follows transformers, which calls it after the branch in front of it.
    rename: name => name.replace('.ffn_norm.', '.post_attention_norm.'),
    obstacles: spec => [
      ...(firstOf(spec, 'attention.gqa')?.bias === 'all'
        ? []
        : [obstacle('attention.bias', 'attention must have `bias = all`')]),
      ...periodic(spec),
      ...scalingsOtherThan(spec, ['linear', 'yarn']),
    ],
    metadata: spec => ({ ...sizes(spec), ...heads(spec), ...windows(spec), ...experts(spec) }),
  },
  {
    name: 'deepseek2',
    modelTypes: ['deepseek_v3', 'kimi_k2'],
    rope: 'neighbours',
    ownHead: true,
    obstacles: latentObstacles,
    metadata: spec => ({ ...sizes(spec), ...latentHeads(spec), ...experts(spec) }),
  },
  {
    name: 'mamba',
    modelTypes: ['mamba'],
    rope: 'halves',
    obstacles: spec => {
      const mixer = firstOf(spec, 'mixer.mamba1');
      return mixer === undefined
        ? []
        : [
            ...scanObstacles(mixer),
            ...(mixer.inner === 2 * spec.hidden
              ? []
              : [obstacle('mixer.inner', `\`inner = ${mixer.inner}\`: channels must be 2 * hidden`)]),
          ];
    },
    metadata: spec => {
      const mixer = firstOf(spec, 'mixer.mamba1');
      return mixer === undefined
        ? {}
        : { ...scan(spec, { ...mixer, steps: mixer.rank }), 'ssm.dt_b_c_rms': bool(false) };
    },
  },
  {
    name: 'mamba2',
    modelTypes: ['mamba2'],
    rope: 'halves',
    obstacles: spec => {
      const mixer = firstOf(spec, 'mixer.mamba2');
      return mixer === undefined
        ? []
        : [
            ...scanObstacles(mixer),
            ...(mixer.groups === 1
              ? []
              : [obstacle('mixer.groups', `\`groups = ${mixer.groups}\`: each group has a norm of its own`)]),
            ...(mixer.step_floor > 0 || mixer.step_ceiling !== null
              ? [obstacle('mixer.step_floor', '`step_floor` and `step_ceiling`: step sizes have no bounds')]
              : []),
          ];
    },
    metadata: spec => {
      const mixer = firstOf(spec, 'mixer.mamba2');
      if (mixer === undefined) return {};
      const inner = mixer.heads * mixer.head_dim;
      return { ...scan(spec, { ...mixer, inner, steps: mixer.heads }), 'ssm.group_count': uint32(mixer.groups) };
    },
  },
];

const firstDense = (spec: ModelSpec): number | null =>
  layerWith(spec, branches => branchOf(branches, 'ffn')?.body.id !== 'ffn.moe');
