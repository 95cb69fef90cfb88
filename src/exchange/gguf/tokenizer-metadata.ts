import { byteSpelling } from '../../base/byte-spelling';
import { bool, type GgufMetadata, int32s, string, strings, uint32 } from './gguf-values';

export type TokenizerResult =
  | { readonly value: GgufMetadata; readonly problem: null }
  /** Why llama.cpp cannot read text as this tokenizer does. */
  | { readonly value: null; readonly problem: string };

/** `llama_token_type` of llama.cpp. */
const tokenTypes = { normal: 1, control: 3, unused: 5 } as const;

/** How llama.cpp calls the ways in which known tokenizers cut text into words, by the pattern in their tokenizer.json. */
const wordSplits: Readonly<Record<string, string>> = {
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+":
    'llama-bpe',
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+":
    'qwen2',
};

/**
 * The tokenizer of a `tokenizer.json` as metadata of a GGUF file.
 *
 * @param vocab rows of the embedding; tokens beyond the tokenizer's are marked as unused
 * @param endOfText id of the token that ends a document
 */
export function tokenizerMetadata(json: unknown, vocab: number, endOfText: number | null): TokenizerResult {
  const fail = (problem: string): TokenizerResult => ({ value: null, problem });
  const { model, normalizer, pre_tokenizer: words, added_tokens: added } = isRecord(json) ? json : {};
  if (!isRecord(model) || !isRecord(model.vocab)) return fail('Its tokenizer.json has no model with a vocabulary.');
  if (model.type !== undefined && model.type !== 'BPE') return fail(`Its tokenizer is ${String(model.type)}, not BPE.`);
  if (normalizer !== null && normalizer !== undefined) return fail('Its tokenizer changes text before it cuts it.');
  const special = new Set<string>();
  const ids = new Map<number, string>();
  for (const [token, id] of Object.entries(model.vocab)) ids.set(Number(id), token);
  for (const token of Array.isArray(added) ? added : []) {
    if (!isRecord(token) || typeof token.content !== 'string') return fail('A token of "added_tokens" has no content.');
    ids.set(Number(token.id), token.content);
    if (token.special === true) special.add(token.content);
  }
  const tokens = Array.from({ length: vocab }, (_, id) => ids.get(id) ?? `[UNUSED${id}]`);
  const types = tokens.map((token, id) => {
    if (!ids.has(id)) return tokenTypes.unused;
    return special.has(token) ? tokenTypes.control : tokenTypes.normal;
  });
  const ends: GgufMetadata = {
    ...(endOfText === null
      ? {}
      : { 'tokenizer.ggml.bos_token_id': uint32(endOfText), 'tokenizer.ggml.eos_token_id': uint32(endOfText) }),
    'tokenizer.ggml.add_bos_token': bool(false),
    'tokenizer.ggml.add_eos_token': bool(false),
  };
  const isBytes = words !== null && words !== undefined;
  if (!isBytes && Array.isArray(model.merges) && model.merges.length > 0)
    return fail('Its tokenizer joins across words.');
  const split = isBytes ? wordSplitOf(words) : 'gpt-2';
  if (split === null) return fail('The way its tokenizer cuts text into words is none that llama.cpp knows by name.');
  return {
    value: {
      'tokenizer.ggml.model': string('gpt2'),
      'tokenizer.ggml.pre': string(split),
      'tokenizer.ggml.tokens': strings(isBytes ? tokens : tokens.map(spelled)),
      'tokenizer.ggml.token_type': int32s(types),
      'tokenizer.ggml.merges': strings(isBytes ? mergesOf(model.merges) : joinsWithin(ids.values())),
      ...ends,
    },
    problem: null,
  };
}

/** `tokenizer.ggml.pre` for a pre-tokenizer. Without rules to join bytes any way to cut words does. */
function wordSplitOf(words: unknown): string | null {
  if (!isRecord(words)) return null;
  if (words.type === 'ByteLevel' && words.add_prefix_space !== true) return 'gpt-2';
  const steps = words.type === 'Sequence' && Array.isArray(words.pretokenizers) ? words.pretokenizers : [];
  const [split, bytes] = steps;
  if (steps.length !== 2 || !isRecord(split) || !isRecord(bytes) || bytes.type !== 'ByteLevel') return null;
  const pattern = isRecord(split.pattern) ? split.pattern.Regex : undefined;
  return split.type === 'Split' && typeof pattern === 'string' ? (wordSplits[pattern] ?? null) : null;
}

/** A text as byte-level vocabularies spell it. */
const spelled = (text: string): string => Array.from(Buffer.from(text), byte => byteSpelling[byte] ?? '').join('');

/**
 * Rules that join the bytes of each character and nothing else, which makes single characters of a byte-level tokenizer. Of
 * characters that the vocabulary lacks llama.cpp takes no notice.
 */
function joinsWithin(characters: Iterable<string>): readonly string[] {
  const rules = new Set<string>();
  for (const character of characters) {
    const bytes = [...spelled(character)];
    for (let end = 1; end < bytes.length; end++) rules.add(`${bytes.slice(0, end).join('')} ${bytes[end]}`);
  }
  return [...rules];
}

/** Rules as two tokens with a space between them, however the file writes them. */
const mergesOf = (merges: unknown): readonly string[] =>
  Array.isArray(merges) ? merges.map(rule => (Array.isArray(rule) ? rule.join(' ') : String(rule))) : [];

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
