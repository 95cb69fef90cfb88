/** Text to token ids and back. Every kind is saved as a Hugging Face `tokenizer.json`. */
export interface Tokenizer {
  readonly kind: 'bytes' | 'chars' | 'bpe' | 'hf';
  /** How many ids there are, special tokens included: the smallest vocabulary that a model needs. */
  readonly vocabSize: number;
  /** The id that ends a document, or null where the tokenizer has none. */
  readonly endOfText: number | null;
  /**
   * Ids of `text`, without any token added at the ends. Spelled-out special tokens (`<|endoftext|>`) become their
   * id. A lone surrogate is read as U+FFFD. Same text, same ids, always.
   */
  encode(text: string): number[];
  /** Text of `ids`. For `bytes` and `bpe` decode(encode(text)) is `text` exactly; half a character shows as U+FFFD. */
  decode(ids: ArrayLike<number>): string;
  /** The content of `tokenizer.json`. */
  toJson(): TokenizerJson;
}

/** A parsed `tokenizer.json`. */
export type TokenizerJson = Readonly<Record<string, unknown>>;

/** The special token that ends a document, in every tokenizer that Supra makes. */
export const endOfTextToken = '<|endoftext|>';

/** Ids put between two documents: the end-of-text token where there is one, else a line break. */
export function documentSeparator(tokenizer: Tokenizer): number[] {
  return tokenizer.endOfText === null ? tokenizer.encode('\n') : [tokenizer.endOfText];
}
