import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelSpec } from '../../src/architecture/model';
import { buildSpec, type LayerSketch, type ModelSketch, nested, use } from './specs';
import { specOf } from './written-specs';

/** What all families share; the rest is the registry's default, which is Llama's. */
function golden(sketch: ModelSketch): ModelSpec {
  return buildSpec({ vocab: 160, ...sketch });
}

const olmo3Layer = (window: number | null): LayerSketch => ({
  norm: use('norm.rms', { epsilon: 1e-6, place: 'post' }),
  attention: use('attention.gqa', { heads: 3, qk_norm: 'layer', window }),
  ffn: use('ffn.swiglu', { width: 80 }),
});

const gemmaNorm = use('norm.rms', { epsilon: 1e-6, place: 'sandwich', unit_offset: true });

const gemma2Layer = (window: number | null): LayerSketch => ({
  norm: gemmaNorm,
  attention: use('attention.gqa', { heads: 4, kv_heads: 2, head_dim: 16, window, scale: 24 ** -0.5, softcap: 1.5 }),
  ffn: use('ffn.geglu', { width: 80 }),
});

const gemma3Layer = (window: number | null): LayerSketch => ({
  norm: gemmaNorm,
  attention: use('attention.gqa', {
    heads: 4,
    kv_heads: 2,
    head_dim: 16,
    window,
    scale: 20 ** -0.5,
    qk_norm: 'head',
  }),
  ffn: use('ffn.geglu', { width: 56 }),
});

const smollm3Layer = (): LayerSketch => ({
  norm: use('norm.rms', { epsilon: 1e-6 }),
  attention: use('attention.gqa', { heads: 4, kv_heads: 2 }),
  ffn: use('ffn.swiglu', { width: 96 }),
});

const folder = join(import.meta.dirname, '..', 'fixtures', 'golden');

/** The families that are written in the language: `model.supra` beside their fixtures. */
const written: Readonly<Record<string, ModelSpec>> = Object.fromEntries(
  readdirSync(folder).flatMap(family => {
    const file = join(folder, family, 'model.supra');
    return existsSync(file) ? [[family, specOf(readFileSync(file, 'utf8'))] as const] : [];
  }),
);

/** The golden families as their config.json says. */
export const goldenSpecs: Readonly<Record<string, ModelSpec>> = {
  ...written,
  llama_mha_tied: golden({
    hidden: 48,
    context: 64,
    layers: { block: { attention: use('attention.gqa', { heads: 4 }), ffn: use('ffn.swiglu', { width: 128 }) } },
    stack: ['block', 'block', 'block'],
  }),
  llama_gqa_llama3: golden({
    hidden: 64,
    context: 512,
    tied: false,
    position: use('position.rope', {
      theta: 500_000,
      scaling: nested('scaling.llama3', { factor: 8, low: 1, high: 4, original: 64 }),
    }),
    layers: {
      block: {
        attention: use('attention.gqa', { heads: 4, kv_heads: 2, head_dim: 16 }),
        ffn: use('ffn.swiglu', { width: 96 }),
      },
    },
    stack: ['block', 'block', 'block'],
  }),
  mistral: golden({
    hidden: 48,
    context: 128,
    tied: false,
    layers: {
      block: {
        attention: use('attention.gqa', { heads: 4, kv_heads: 2, head_dim: 20, window: 8 }),
        ffn: use('ffn.swiglu', { width: 96 }),
      },
    },
    stack: ['block', 'block', 'block'],
  }),
  qwen3: golden({
    hidden: 48,
    context: 128,
    position: use('position.rope', { theta: 1_000_000 }),
    layers: {
      block: {
        norm: use('norm.rms', { epsilon: 1e-6 }),
        attention: use('attention.gqa', { heads: 4, kv_heads: 2, head_dim: 20, qk_norm: 'head' }),
        ffn: use('ffn.swiglu', { width: 96 }),
      },
    },
    stack: ['block', 'block', 'block'],
  }),
  olmo2: golden({
    hidden: 48,
    context: 128,
    tied: false,
    position: use('position.rope', { theta: 500_000 }),
    layers: {
      block: {
        norm: use('norm.rms', { epsilon: 1e-6, place: 'post' }),
        attention: use('attention.gqa', { heads: 4, qk_norm: 'layer' }),
        ffn: use('ffn.swiglu', { width: 96 }),
      },
    },
    stack: ['block', 'block', 'block'],
  }),
  olmo3: golden({
    hidden: 48,
    context: 512,
    tied: false,
    position: use('position.rope', { theta: 500_000 }),
    layers: {
      local: olmo3Layer(8),
      global: {
        ...olmo3Layer(null),
        position: use('position.rope', {
          theta: 500_000,
          scaling: nested('scaling.yarn', { factor: 8, original: 64 }),
        }),
      },
    },
    stack: ['local', 'local', 'local', 'global'],
  }),
  gemma2: golden({
    hidden: 48,
    context: 128,
    embedding: use('embedding.token', { scale: Math.sqrt(48) }),
    layers: { local: gemma2Layer(8), global: gemma2Layer(null) },
    stack: ['local', 'global', 'local'],
    head: use('head.linear', { softcap: 4 }),
  }),
  gemma3_text: golden({
    hidden: 40,
    context: 256,
    embedding: use('embedding.token', { scale: Math.sqrt(40) }),
    layers: {
      local: { ...gemma3Layer(8), position: use('position.rope', { theta: 10_000 }) },
      global: {
        ...gemma3Layer(null),
        position: use('position.rope', { theta: 1_000_000, scaling: nested('scaling.linear', { factor: 8 }) }),
      },
    },
    stack: ['local', 'local', 'local', 'local', 'local', 'global'],
  }),
  smollm3: golden({
    hidden: 48,
    context: 128,
    position: use('position.rope', { theta: 5_000_000 }),
    layers: { rope: smollm3Layer(), nope: { ...smollm3Layer(), position: use('position.none') } },
    stack: ['rope', 'rope', 'rope', 'nope'],
  }),
};
