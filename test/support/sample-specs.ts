import type { ModelSpec } from '../../src/architecture/model';
import { buildSpec, nested, use } from './specs';

/** Small models that together use every component and every unusual way to put layers together. */
export const sampleSpecs: Readonly<Record<string, ModelSpec>> = {
  'llama with windows': buildSpec({
    name: 'windows',
    position: use('position.rope', { scaling: nested('scaling.llama3', { factor: 4, original: 8 }) }),
    layers: {
      local: {
        attention: use('attention.gqa', { heads: 4, kv_heads: 2, window: 3, qk_norm: 'head' }),
        ffn: use('ffn.swiglu', { width: 24, bias: true }),
      },
      global: {
        attention: use('attention.gqa', { heads: 2, kv_heads: 1, head_dim: 6, bias: 'qkv' }),
        ffn: use('ffn.swiglu', { width: 20 }),
      },
    },
    stack: ['local', 'global', 'local'],
  }),
  'gpt-2': buildSpec({
    name: 'gpt2',
    position: use('position.learned'),
    layers: {
      block: {
        norm: use('norm.layer'),
        attention: use('attention.gqa', { heads: 2, bias: 'all' }),
        ffn: use('ffn.mlp', { activation: 'gelu_tanh', bias: true }),
      },
    },
    stack: ['block', 'block'],
  }),
  'sandwich, capped, scaled': buildSpec({
    name: 'sandwich',
    embedding: use('embedding.token', { scale: 4 }),
    position: use('position.rope', { fraction: 0.5, scaling: nested('scaling.yarn', { factor: 4, original: 8 }) }),
    layers: {
      block: {
        norm: use('norm.rms', { place: 'sandwich', unit_offset: true }),
        attention: use('attention.gqa', { heads: 2, softcap: 2, scale: 0.2 }),
        ffn: use('ffn.geglu', { width: 24, approximation: 'none' }),
      },
    },
    stack: ['block', 'block'],
    head: use('head.linear', { softcap: 3 }),
  }),
  'parallel, untied, with a head bias': buildSpec({
    name: 'parallel',
    tied: false,
    position: use('position.rope', { scaling: nested('scaling.linear', { factor: 2 }) }),
    layers: {
      block: {
        parallel: true,
        norm: use('norm.layer', { bias: false, unit_offset: true }),
        attention: use('attention.gqa', { heads: 4, kv_heads: 1 }),
        ffn: use('ffn.mlp', { activation: 'relu2', width: 40 }),
      },
    },
    stack: ['block', 'block'],
    head: use('head.linear', { bias: true }),
  }),
  'post-norm, no positions, split branches': buildSpec({
    name: 'split',
    tied: false,
    position: use('position.rope'),
    layers: {
      mixing: {
        norm: use('norm.rms', { place: 'post' }),
        position: use('position.none'),
        attention: use('attention.gqa', { heads: 2, qk_norm: 'layer', window: 5 }),
      },
      feeding: { norm: use('norm.rms', { place: 'post' }), ffn: use('ffn.mlp', { activation: 'silu' }) },
    },
    stack: ['mixing', 'feeding', 'mixing'],
    finalNorm: use('norm.layer'),
  }),
  'gates, sinks, values of another size': buildSpec({
    name: 'gates',
    position: use('position.rope', { interleaved: true }),
    layers: {
      separate: {
        norm: use('norm.rms', { place: 'sandwich', depth_scaled: true }),
        attention: use('attention.gqa', {
          heads: 4,
          kv_heads: 2,
          value_dim: 6,
          gate: 'separate',
          sinks: true,
          value_scale: 0.7,
          window: 4,
          bias: 'all',
        }),
        ffn: use('ffn.swiglu', { width: 20 }),
      },
      fused: {
        norm: use('norm.rms', { unit_offset: true }),
        attention: use('attention.gqa', { heads: 2, value_dim: 10, gate: 'fused', qk_norm: 'head', bias: 'qkv' }),
      },
    },
    stack: ['separate', 'fused', 'separate'],
  }),
  'chunks and temperature': buildSpec({
    name: 'chunks',
    layers: {
      chunked: {
        attention: use('attention.gqa', { heads: 4, kv_heads: 2, chunk: 4, qk_norm: 'weightless' }),
        ffn: use('ffn.swiglu', { width: 20 }),
      },
      global: {
        norm: use('norm.rms', { weight: false }),
        position: use('position.none'),
        attention: use('attention.gqa', {
          heads: 2,
          gate: 'fused',
          temperature: 0.5,
          temperature_floor: 3,
          sinks: true,
        }),
        ffn: use('ffn.swiglu', { width: 20 }),
      },
    },
    stack: ['chunked', 'global', 'chunked'],
    finalNorm: use('norm.rms'),
  }),
  'delta rules': buildSpec({
    name: 'delta',
    layers: {
      gated: {
        norm: use('norm.rms', { unit_offset: true }),
        mixer: use('mixer.gdn', { heads: 4, key_heads: 2, key_dim: 12, value_dim: 6 }),
        ffn: use('ffn.swiglu', { width: 20 }),
      },
      kimi: { mixer: use('mixer.kda', { heads: 2, head_dim: 8, gate_rank: 3, taps: 3 }) },
    },
    stack: ['gated', 'kimi'],
  }),
  'state spaces': buildSpec({
    name: 'mamba',
    layers: {
      scan: { mixer: use('mixer.mamba1', { inner: 12, state: 3, rank: 2, bias: true }) },
      dual: {
        mixer: use('mixer.mamba2', {
          head_dim: 6,
          heads: 4,
          state: 5,
          groups: 2,
          taps: 3,
          bias: true,
          step_floor: 0.001,
        }),
      },
      feeding: { ffn: use('ffn.swiglu', { width: 24 }) },
      hybrid: {
        attention: use('attention.gqa', { heads: 2 }),
        mixer: use('mixer.mamba2', { head_dim: 8, heads: 2, state: 4, taps_bias: false }),
      },
    },
    stack: ['scan', 'dual', 'feeding', 'hybrid'],
  }),
  'mixtures of experts': buildSpec({
    name: 'mixtures',
    layers: {
      softmax: {
        attention: use('attention.gqa', { heads: 2 }),
        ffn: use('ffn.moe', {
          experts: 5,
          width: 12,
          dense_width: 8,
          router: nested('router.softmax', { softcap: 4, bias: true, aux_loss: 0 }),
        }),
      },
      sigmoid: {
        attention: use('attention.gqa', { heads: 2 }),
        ffn: use('ffn.moe', {
          experts: 8,
          top_k: 3,
          width: 8,
          gated: false,
          activation: 'relu2',
          shared: 1,
          shared_gate: true,
          router: nested('router.sigmoid', { groups: 4, top_groups: 2, scale: 2.5 }),
        }),
      },
      input: {
        attention: use('attention.gqa', { heads: 2 }),
        ffn: use('ffn.moe', {
          experts: 4,
          top_k: 1,
          width: 12,
          bias: true,
          clamp: 2,
          router: nested('router.input'),
        }),
      },
    },
    stack: ['softmax', 'sigmoid', 'input'],
  }),
  'latent attention': buildSpec({
    name: 'latent',
    position: use('position.rope', {
      interleaved: true,
      scaling: nested('scaling.yarn', { factor: 4, original: 8, mscale: 0.7, mscale_all_dim: 1 }),
    }),
    layers: {
      ranked: {
        attention: use('attention.mla', {
          heads: 2,
          query_rank: 10,
          kv_rank: 6,
          nope_dim: 6,
          rope_dim: 4,
          value_dim: 5,
        }),
        ffn: use('ffn.swiglu', { width: 20 }),
      },
      direct: {
        position: use('position.none'),
        attention: use('attention.mla', { heads: 4, kv_rank: 9 }),
        ffn: use('ffn.swiglu', { width: 20 }),
      },
    },
    stack: ['ranked', 'direct'],
  }),
};
