/**
 * Where a tensor lies in a checkpoint: published files call some tensors otherwise than transformers does in memory, and keep in
 * pieces what it stacks or joins.
 */
export type PublishedSource =
  /** One tensor, as transformers has it in memory. */
  | { readonly kind: 'whole'; readonly name: string }
  /** Pieces that follow one another along the first dimension. */
  | { readonly kind: 'joined'; readonly names: readonly string[] }
  /** One list of pieces per expert, joined along the first dimension, then stacked. */
  | { readonly kind: 'stacked'; readonly experts: readonly (readonly string[])[] };

/** Other spellings of a place, each of which published files may or may not use. */
const respellings: readonly (readonly [from: RegExp, to: string])[] = [
  [/^model\./, 'backbone.'],
  [/\.mlp\./, '.block_sparse_moe.'],
  [/\.self_attn\.forget_gate\./, '.self_attn.'],
  [/\.sinks$/, '.attention_sink_bias'],
  [/^model\./, 'language_model.model.'],
  [/^model\./, 'model.language_model.'],
  [/^lm_head\./, 'language_model.lm_head.'],
];

/** Names of the parts of an expert, in the order of the stacked tensor. */
const expertParts: Readonly<Record<string, readonly (readonly string[])[]>> = {
  gate_up_proj: [
    ['gate_proj.weight', 'up_proj.weight'],
    ['w1.weight', 'w3.weight'],
  ],
  down_proj: [['down_proj.weight'], ['w2.weight']],
  up_proj: [['up_proj.weight'], ['w1.weight']],
};

/** Finds a tensor by its name in memory; `undefined` when the checkpoint lacks it or a piece of it. */
export function findPublished(
  name: string,
  experts: number,
  has: (name: string) => boolean,
): PublishedSource | undefined {
  for (const spelling of spellingsOf(name)) {
    if (has(spelling)) return { kind: 'whole', name: spelling };
    const stacked = /^(.*\.experts)\.(gate_up_proj|down_proj|up_proj)$/.exec(spelling);
    const [, place = '', part = ''] = stacked ?? [];
    for (const names of expertParts[part] ?? []) {
      const pieces = Array.from({ length: experts }, (_, expert) => names.map(piece => `${place}.${expert}.${piece}`));
      if (pieces.length > 0 && pieces.flat().every(has)) return { kind: 'stacked', experts: pieces };
    }
    if (spelling.endsWith('.conv1d.weight')) {
      const names = ['q', 'k', 'v'].map(letter => spelling.replace(/\.conv1d\.weight$/, `.${letter}_conv1d.weight`));
      if (names.every(has)) return { kind: 'joined', names };
    }
  }
  return undefined;
}

/** The names of the checkpoint that a source uses. */
export function namesIn(source: PublishedSource): readonly string[] {
  if (source.kind === 'whole') return [source.name];
  return source.kind === 'joined' ? source.names : source.experts.flat();
}

function spellingsOf(name: string): ReadonlySet<string> {
  const spellings = new Set([name]);
  for (const [from, to] of respellings) for (const known of [...spellings]) spellings.add(known.replace(from, to));
  return spellings;
}
