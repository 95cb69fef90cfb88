import type { Json } from './config-json';

/** Keys of any config.json that say nothing about the network: tokens, numbers formats, how it was saved, how it is run. */
const neutral = new Set([
  'architectures',
  'attn_implementation',
  'auto_map',
  'bos_token_id',
  'chunk_size_feed_forward',
  'cross_attention_hidden_size',
  'decoder_start_token_id',
  'dtype',
  'eos_token_id',
  'ep_size',
  'finetuning_task',
  'gradient_checkpointing',
  'id2label',
  'is_decoder',
  'is_encoder_decoder',
  'label2id',
  'max_length',
  'model_type',
  'name_or_path',
  'num_logits_to_keep',
  'output_attentions',
  'output_hidden_states',
  'output_router_logits',
  'pad_token_id',
  'prefix',
  'pretraining_tp',
  'problem_type',
  'quantization_config',
  'return_dict',
  'sep_token_id',
  'task_specific_params',
  'tie_encoder_decoder',
  'tokenizer_class',
  'torch_dtype',
  'torchscript',
  'transformers_version',
  'unsloth_fixed',
  'use_bfloat16',
  'use_cache',
  'use_return_dict',
]);

/** Dropout and jitter act while training only, and only where they are not zero. */
const quietAtZero = /dropout|jitter/;

/** True for keys that a network does not depend on, and for switches that are off. */
export function changesNothing(path: string, value: Json): boolean {
  const key = path.slice(path.lastIndexOf('.') + 1);
  if (neutral.has(key) || key.startsWith('_')) return true;
  if (quietAtZero.test(key)) return value === 0 || value === null;
  return value === null || value === false || (typeof value === 'object' && Object.keys(value).length === 0);
}
