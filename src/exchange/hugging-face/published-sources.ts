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

/** Where a tensor is, or would be if the checkpoint did not lack these names. */
export interface FoundTensor {
  readonly source: PublishedSource;
  readonly missing: readonly string[];
}

/** Finds a tensor by its name in memory: the spelling that the checkpoint has whole, else the one that it has most of. */
export function findPublished(name: string, experts: number, has: (name: string) => boolean): FoundTensor {
  let best: (FoundTensor & { readonly present: number }) | undefined;
  for (const source of sourcesOf(name, experts)) {
    const names = namesIn(source);
    const missing = names.filter(each => !has(each));
    const present = names.length - missing.length;
    if (missing.length === 0) return { source, missing };
    if (best === undefined || present > best.present) best = { source, missing, present };
  }
  return best ?? { source: { kind: 'whole', name }, missing: [name] };
}

/** Every way to keep a tensor, the one in memory first. */
function* sourcesOf(name: string, experts: number): Generator<PublishedSource> {
  for (const spelling of spellingsOf(name)) {
    yield { kind: 'whole', name: spelling };
    const stacked = /^(.*\.experts)\.(gate_up_proj|down_proj|up_proj)$/.exec(spelling);
    const [, place = '', part = ''] = stacked ?? [];
    for (const names of experts === 0 ? [] : (expertParts[part] ?? []))
      yield {
        kind: 'stacked',
        experts: Array.from({ length: experts }, (_, expert) => names.map(piece => `${place}.${expert}.${piece}`)),
      };
    if (spelling.endsWith('.conv1d.weight')) {
      const names = ['q', 'k', 'v'].map(letter => spelling.replace(/\.conv1d\.weight$/, `.${letter}_conv1d.weight`));
      yield { kind: 'joined', names };
    }
  }
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
