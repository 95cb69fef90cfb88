import { byteSpelling } from '../../base/byte-spelling';
import { createBpe } from './bpe';
import { endOfTextToken, type Tokenizer } from './tokenizer';

/** One token per UTF-8 byte: id = byte. With `endOfText` there is a 257th that ends documents. */
export function createBytes(endOfText = false): Tokenizer {
  return createBpe(
    {
      tokens: endOfText ? [...byteSpelling, endOfTextToken] : byteSpelling,
      merges: [],
      special: endOfText ? [{ id: 256, text: endOfTextToken }] : [],
      endOfText: endOfText ? 256 : null,
      splitsWords: false,
    },
    'bytes',
  );
}
