import { defineComponent } from '../../component';
import { integer } from '../../fields';

export const bpeTokenizer = defineComponent({
  slot: 'tokenizer',
  word: 'bpe',
  title: 'Byte-pair encoding',
  doc: 'Byte-level BPE trained on the training part of the data, saved as a Hugging Face tokenizer.json.',
  paper: {
    title: 'Neural Machine Translation of Rare Words with Subword Units (Sennrich, Haddow and Birch, 2016)',
    url: 'https://arxiv.org/abs/1508.07909',
  },
  example: 'tokenizer bpe { vocab = 8192 }',
  fields: {
    vocab: integer({
      doc: 'Number of tokens: 256 bytes, one that ends a document, the rest merges.',
      unit: 'tokens',
      default: 8192,
      min: 257,
      max: 1_000_000,
      suggestions: [1024, 4096, 8192, 16384],
    }),
  },
});
