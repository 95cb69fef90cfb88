import type { NormSite } from '../../component';

/**
 * What published checkpoints call a norm. The names follow the order in which transformers' decoder layers hold them:
 * Llama has a norm before each branch, OLMo 2 one after each, Gemma both.
 */
export function normNames(site: NormSite, tensor: 'weight' | 'bias'): { hf: string; gguf: string } {
  if (site.of === 'final') return { hf: `model.norm.${tensor}`, gguf: `output_norm.${tensor}` };
  const [hf, gguf] = site.of === 'mtp' ? mtpNames[site.on] : layerNames(site);
  return { hf: `${hf}.${tensor}`, gguf: `${gguf}.${tensor}` };
}

/** The norms of a prediction module, which published checkpoints keep as one more layer (DeepSeek V3, GLM-4.5). */
const mtpNames = {
  token: ['enorm', 'nextn.enorm'],
  state: ['hnorm', 'nextn.hnorm'],
  output: ['shared_head.norm', 'nextn.shared_head_norm'],
} as const;

function layerNames(site: Extract<NormSite, { when: string }>): [hf: string, gguf: string] {
  if (site.of === 'ffn') {
    if (site.when === 'after') return ['post_feedforward_layernorm', 'post_ffw_norm'];
    return site.place === 'sandwich'
      ? ['pre_feedforward_layernorm', 'ffn_norm']
      : ['post_attention_layernorm', 'ffn_norm'];
  }
  return site.when === 'before'
    ? ['input_layernorm', 'attn_norm']
    : ['post_attention_layernorm', 'post_attention_norm'];
}
