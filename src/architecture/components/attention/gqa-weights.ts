import { type Ambient, type Weight, weight } from '../../component';

/** What the table of tensors of grouped-query attention depends on. */
export interface GqaShape {
  readonly heads: number;
  readonly kv_heads: number;
  readonly head_dim: number;
  readonly value_dim: number;
  readonly qk_norm: 'none' | 'head' | 'layer' | 'weightless';
  readonly bias: 'none' | 'qkv' | 'all';
  readonly gate: 'none' | 'separate' | 'fused';
  readonly sinks: boolean;
}

type GqaWeight =
  | 'query'
  | 'key'
  | 'value'
  | 'output'
  | `${'query' | 'key' | 'value' | 'output'}_bias`
  | `${'query' | 'key'}_norm`
  | 'gate'
  | 'sinks';

/** The tensors of grouped-query attention. A fused gate stands in the query projection: per head the query, then its gate. */
export function gqaWeights(config: GqaShape, { hidden, initStd, norm }: Ambient): readonly Weight<GqaWeight>[] {
  const { heads } = config;
  const query = heads * (config.head_dim + (config.gate === 'fused' ? config.value_dim : 0));
  const key = config.kv_heads * config.head_dim;
  const value = config.kv_heads * config.value_dim;
  const attended = heads * config.value_dim;
  const matrix = { init: { kind: 'normal', std: initStd }, role: 'matmul' } as const;
  const bias = { init: { kind: 'constant', value: 0 }, role: 'bias' } as const;
  const scale = { init: { kind: 'constant', value: norm.unitOffset ? 0 : 1 }, role: 'scale' } as const;
  const perHead = config.qk_norm === 'head';
  const named = (hf: string, gguf: string, kind: 'weight' | 'bias' = 'weight') => ({
    hf: `self_attn.${hf}.${kind}`,
    gguf: `${gguf}.${kind}`,
  });
  return [
    weight('query', { shape: { query, hidden }, ...matrix, ...named('q_proj', 'attn_q') }),
    weight('key', { shape: { key, hidden }, ...matrix, ...named('k_proj', 'attn_k') }),
    weight('value', { shape: { value, hidden }, ...matrix, ...named('v_proj', 'attn_v') }),
    ...(config.gate === 'separate'
      ? [weight('gate', { shape: { gate: attended, hidden }, ...matrix, ...named('gate_proj', 'attn_gate') })]
      : []),
    weight('output', {
      shape: { hidden, value: attended },
      init: { kind: 'residual', std: initStd },
      role: 'matmul',
      ...named('o_proj', 'attn_output'),
    }),
    ...(config.bias !== 'none'
      ? [
          weight('query_bias', { shape: { query }, ...bias, ...named('q_proj', 'attn_q', 'bias') }),
          weight('key_bias', { shape: { key }, ...bias, ...named('k_proj', 'attn_k', 'bias') }),
          weight('value_bias', { shape: { value }, ...bias, ...named('v_proj', 'attn_v', 'bias') }),
        ]
      : []),
    ...(config.bias === 'all'
      ? [weight('output_bias', { shape: { hidden }, ...bias, ...named('o_proj', 'attn_output', 'bias') })]
      : []),
    ...(perHead || config.qk_norm === 'layer'
      ? [
          weight('query_norm', {
            shape: { query: perHead ? config.head_dim : heads * config.head_dim },
            ...scale,
            ...named('q_norm', 'attn_q_norm'),
          }),
          weight('key_norm', {
            shape: { key: perHead ? config.head_dim : key },
            ...scale,
            ...named('k_norm', 'attn_k_norm'),
          }),
        ]
      : []),
    ...(config.sinks
      ? [weight('sinks', { shape: { heads }, ...bias, hf: 'self_attn.sinks', gguf: 'attn_sinks.weight' })]
      : []),
  ];
}
