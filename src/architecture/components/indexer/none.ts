import { defineComponent } from '../../component';

export const noIndexer = defineComponent({
  slot: 'indexer',
  word: 'none',
  title: 'No indexer',
  doc: 'Every token sees all tokens before it.',
  example: 'indexer none',
  fields: {},
});
