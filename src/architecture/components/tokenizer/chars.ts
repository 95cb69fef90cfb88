import { defineComponent } from '../../component';

export const charsTokenizer = defineComponent({
  slot: 'tokenizer',
  word: 'chars',
  title: 'Characters',
  doc: 'One token per character seen in the training text.',
  example: 'tokenizer chars',
  fields: {},
});
