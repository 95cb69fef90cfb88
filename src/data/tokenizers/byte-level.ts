/**
 * How GPT-2 cuts text into words before merging bytes: English contractions, then letters, numbers and other
 * signs, each with the space before it, then white space (whose last space goes to the next word). It must accept
 * exactly what the `ByteLevel` pre-tokenizer of Hugging Face accepts, or saved tokenizers would encode differently.
 */
export const wordPattern = /'(?:[stmd]|ll|re|ve)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;
