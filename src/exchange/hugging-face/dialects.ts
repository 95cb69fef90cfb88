/**
 * How the classes of transformers deviate from the names and layouts of the weight tables, by `model_type`.
 *
 * A table has one name per tensor, that of most classes. What one class calls otherwise, or stores another way round, stands here.
 */
export interface Dialect {
  /** Replacements on the names of the table, all applied in this order. */
  readonly renames: readonly (readonly [from: RegExp, to: string])[];
  /** How tensors lie that do not lie as in the table; the first pattern that meets the published name. */
  readonly layouts: readonly (readonly [name: RegExp, layout: PublishedLayout])[];
}

/** How a published tensor of stacked experts lies: [experts, out, in] in the table. */
export interface PublishedLayout {
  /** [experts, in, out]. */
  readonly transposed: boolean;
  /** Gate and up take turns along the output dimension, instead of one following the other. */
  readonly interleaved: boolean;
}

const inputMajor: PublishedLayout = { transposed: true, interleaved: false };

/** Models of one branch per layer call every branch a mixer, and have one norm before it. */
const oneBranch: Dialect['renames'] = [
  [/\.(self_attn|mlp)\./, '.mixer.'],
  [/\.(input_layernorm|post_attention_layernorm)\./, '.norm.'],
  [/^model\.embed_tokens\./, 'model.embeddings.'],
  [/^model\.norm\./, 'model.norm_f.'],
];
const mamba: Dialect['renames'] = [...oneBranch, [/^model\./, 'backbone.']];

const dialects: Readonly<Record<string, Partial<Dialect>>> = {
  afmoe: {
    renames: [
      [/\.mlp\.gate\.weight$/, '.mlp.router.gate.weight'],
      [/\.mlp\.gate\.e_score_correction_bias$/, '.mlp.expert_bias'],
      [/\.(pre|post)_feedforward_layernorm\./, '.$1_mlp_layernorm.'],
    ],
  },
  gpt_oss: {
    renames: [[/\.mlp\.gate\./, '.mlp.router.']],
    layouts: [
      [/\.experts\.gate_up_proj$/, { transposed: true, interleaved: true }],
      [/\.experts\.gate_up_proj_bias$/, { transposed: false, interleaved: true }],
      [/\.experts\.down_proj$/, inputMajor],
    ],
  },
  llama4_text: {
    renames: [
      [/\.mlp\.gate\./, '.mlp.router.'],
      [/\.mlp\.shared_experts\./, '.mlp.shared_expert.'],
      [/\.mlp\./, '.feed_forward.'],
    ],
    layouts: [[/\.experts\.(gate_up|down)_proj$/, inputMajor]],
  },
  mamba: { renames: mamba },
  mamba2: { renames: mamba },
  minimax_m2: { renames: [[/\.mlp\.gate\.e_score_correction_bias$/, '.mlp.e_score_correction_bias']] },
  nemotron_h: { renames: oneBranch },
  qwen3_next: { renames: [[/\.mlp\.shared_experts\./, '.mlp.shared_expert.']] },
};

/** What the class of `modelType` calls a tensor that the table calls `name`. */
export const publishedName = (modelType: string, name: string): string =>
  (dialects[modelType]?.renames ?? []).reduce((text, [from, to]) => text.replace(from, to), name);

/** How the class of `modelType` stores a tensor, by its published name; `null`: as the table has it. */
export const publishedLayout = (modelType: string, published: string): PublishedLayout | null =>
  dialects[modelType]?.layouts?.find(([pattern]) => pattern.test(published))?.[1] ?? null;

/** A published tensor as the table has it; `shape` is that of the table, outermost first. */
export const fromPublished = (data: Float32Array, shape: readonly number[], layout: PublishedLayout): Float32Array =>
  rearranged(data, shape, layout, (table, published) => [table, published]);

/** A tensor of the table as it is published. */
export const toPublished = (data: Float32Array, shape: readonly number[], layout: PublishedLayout): Float32Array =>
  rearranged(data, shape, layout, (table, published) => [published, table]);

/** Copies every element from one arrangement to the other. Shapes: [experts, rows] or [experts, rows, columns]. */
function rearranged(
  data: Float32Array,
  [experts = 1, rows = 1, columns = 1]: readonly number[],
  { transposed, interleaved }: PublishedLayout,
  direction: (table: number, published: number) => readonly [to: number, from: number],
): Float32Array {
  const result = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    const half = rows / 2;
    const publishedRow = !interleaved ? row : row < half ? 2 * row : 2 * (row - half) + 1;
    for (let expert = 0; expert < experts; expert++) {
      for (let column = 0; column < columns; column++) {
        const [to, from] = direction(
          (expert * rows + row) * columns + column,
          transposed
            ? (expert * columns + column) * rows + publishedRow
            : (expert * rows + publishedRow) * columns + column,
        );
        result[to] = data[from] ?? Number.NaN;
      }
    }
  }
  return result;
}
