import { defineComponent } from '../../component';

export const bytesTokenizer = defineComponent({
  slot: 'tokenizer',
  word: 'bytes',
  title: 'Bytes',
  doc: 'One token per byte of UTF-8, and one that ends a document: 257 tokens, nothing to train, any text.',
  example: 'tokenizer bytes',
  fields: {},
});
