import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { DataError, dataError } from '../problems';
import type { Tokenizer, TokenizerJson } from './tokenizer';

/** Names under which well-known models keep the token that ends a document, the usual ones first. */
const usualEnds = ['<|endoftext|>', '<|end_of_text|>', '</s>', '<eos>', '[EOS]', '<|eot|>', '<｜end▁of▁sentence｜>'];

/**
 * Any `tokenizer.json`, run by Hugging Face's own library. Throws what the library throws when it cannot.
 *
 * @param endToken the token that `tokenizer_config.json` names as `eos_token`, when there is one
 */
export function createHuggingFace(json: TokenizerJson, endToken: string | null = null): Tokenizer {
  // Cleaning up would delete spaces before punctuation when decoding.
  const library = new HuggingFaceTokenizer(json, { clean_up_tokenization_spaces: false });
  let highest = -1;
  for (const id of library.get_vocab().values()) highest = Math.max(highest, id);
  for (const id of library.get_added_tokens_decoder().keys()) highest = Math.max(highest, id);
  const named = endToken === null ? usualEnds : [endToken];
  const endOfText = named.map(token => library.token_to_id(token)).find(id => id !== undefined) ?? null;
  return {
    kind: 'hf',
    vocabSize: highest + 1,
    endOfText,
    encode(text) {
      if (text === '') return [];
      const { ids, tokens } = library.encode(text, { add_special_tokens: false });
      // The library gives undefined, not an error, for a token without id when there is no unknown token.
      const missing = ids.findIndex(id => !Number.isInteger(id));
      if (missing < 0) return ids;
      throw new DataError(
        dataError('tokenizer-file', {
          what: `The tokenizer cannot encode ${JSON.stringify(tokens[missing])}.`,
          why: 'Its tokenizer.json has no token for it and no unknown token.',
          todo: 'Use a tokenizer that covers the text, such as a byte-level one.',
        }),
      );
    },
    decode: ids => (ids.length === 0 ? '' : library.decode(Array.from(ids), { skip_special_tokens: false })),
    toJson: () => json,
  };
}
