import * as v from 'valibot';
import { byteSpelling } from '../../base/byte-spelling';
import { DataError, type DataResult, dataError } from '../problems';
import { createBpe } from './bpe';
import { createChars, unknownCharacter } from './chars';
import { createHuggingFace } from './hugging-face';
import { endOfTextToken, type Tokenizer, type TokenizerJson } from './tokenizer';

/** Ids by token. Not `v.record`, which drops tokens such as "constructor". */
const vocabulary = v.custom<Readonly<Record<string, number>>>(
  value =>
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every(id => typeof id === 'number' && Number.isInteger(id) && id >= 0),
);

/** A `tokenizer.json` whose meaning is exactly that of our byte-level BPE, which encodes several times faster. */
const byteLevelJson = v.object({
  normalizer: v.null(),
  pre_tokenizer: v.object({
    type: v.literal('ByteLevel'),
    add_prefix_space: v.literal(false),
    use_regex: v.optional(v.boolean(), true),
  }),
  decoder: v.object({ type: v.literal('ByteLevel') }),
  added_tokens: v.array(
    v.object({
      id: v.pipe(v.number(), v.integer(), v.minValue(0)),
      content: v.pipe(v.string(), v.minLength(1)),
      lstrip: v.literal(false),
      rstrip: v.literal(false),
      single_word: v.literal(false),
      special: v.literal(true),
    }),
  ),
  model: v.object({
    type: v.optional(v.literal('BPE'), 'BPE'),
    dropout: v.nullish(v.null()),
    unk_token: v.nullish(v.null()),
    continuing_subword_prefix: v.nullish(v.literal('')),
    end_of_word_suffix: v.nullish(v.literal('')),
    byte_fallback: v.optional(v.literal(false), false),
    ignore_merges: v.optional(v.literal(false), false),
    vocab: vocabulary,
    merges: v.array(v.union([v.string(), v.tuple([v.string(), v.string()])])),
  }),
});

/** What `createChars(...).toJson()` writes. */
const charsJson = v.object({
  normalizer: v.null(),
  pre_tokenizer: v.null(),
  decoder: v.object({ type: v.literal('Fuse') }),
  added_tokens: v.pipe(v.array(v.unknown()), v.maxLength(0)),
  model: v.object({
    type: v.literal('BPE'),
    unk_token: v.literal(unknownCharacter),
    vocab: vocabulary,
    merges: v.pipe(v.array(v.unknown()), v.maxLength(0)),
  }),
});

const anyJson = v.looseObject({ model: v.looseObject({}), added_tokens: v.array(v.unknown()) });

export interface TokenizerFileOptions {
  /** How the user names the file, for problems. */
  readonly file?: string;
  /** `eos_token` of the tokenizer_config.json beside it. */
  readonly endToken?: string | null;
}

/** Makes the tokenizer that a parsed `tokenizer.json` describes: our own code where it fits, else the library's. */
export function tokenizerFromJson(json: unknown, options: TokenizerFileOptions = {}): DataResult<Tokenizer> {
  const { file = 'tokenizer.json', endToken = null } = options;
  const own = ownTokenizer(json, endToken);
  if (own !== null) return { value: own, problems: [] };
  const failed = (why: string): DataResult<Tokenizer> => ({
    value: null,
    problems: [
      dataError('tokenizer-file', {
        file,
        what: 'This is not a tokenizer that can be used.',
        why,
        todo: 'Take the tokenizer.json of a fast tokenizer (save_pretrained of transformers writes it).',
      }),
    ],
  });
  if (!v.is(anyJson, json)) return failed('It lacks "model" and "added_tokens", which every tokenizer.json has.');
  try {
    const tokenizer = createHuggingFace(json as TokenizerJson, endToken);
    tokenizer.encode('A sentence, to see that it can.');
    return { value: tokenizer, problems: [] };
  } catch (error) {
    if (error instanceof DataError) return { value: null, problems: [{ ...error.problem, file }] };
    return failed(`The tokenizer library says: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

function ownTokenizer(json: unknown, endToken: string | null): Tokenizer | null {
  const chars = v.safeParse(charsJson, json);
  if (chars.success) {
    const characters = listById(Object.entries(chars.output.model.vocab));
    const whole = characters?.every(character => [...character].length === 1) === true;
    if (characters !== null && whole && characters[0] === unknownCharacter) return createChars(characters);
  }
  const byteLevel = v.safeParse(byteLevelJson, json);
  if (!byteLevel.success) return null;
  const { model, added_tokens: added, pre_tokenizer: words } = byteLevel.output;
  if (!words.use_regex && model.merges.length > 0) return null;
  const ids = new Map(Object.entries(model.vocab));
  const merges = model.merges.map((rule): [string, string] => {
    const [left = '', right = ''] = typeof rule === 'string' ? rule.split(' ', 2) : rule;
    return [left, right];
  });
  const complete =
    byteSpelling.every(spelling => ids.has(spelling)) &&
    merges.every(([left, right]) => ids.has(left) && ids.has(right) && ids.has(left + right));
  if (!complete) return null;
  for (const { content, id } of added) ids.set(content, id);
  const tokens = listById([...ids]);
  if (tokens === null) return null;
  const special = added.map(({ id, content }) => ({ id, text: content }));
  const endOfText = special.find(({ text }) => text === (endToken ?? endOfTextToken))?.id ?? null;
  const splitsWords = words.use_regex;
  return createBpe({ tokens, merges, special, endOfText, splitsWords }, splitsWords ? 'bpe' : 'bytes');
}

/** Names by id, or null unless the ids are 0, 1, 2 … without gap or double. */
function listById(entries: readonly (readonly [string, number])[]): string[] | null {
  const names: (string | undefined)[] = new Array<undefined>(entries.length).fill(undefined);
  for (const [name, id] of entries) {
    if (id >= entries.length || names[id] !== undefined) return null;
    names[id] = name;
  }
  return names.map(name => name ?? '');
}
