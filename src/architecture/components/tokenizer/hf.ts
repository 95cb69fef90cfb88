import { defineComponent } from '../../component';
import { text } from '../../fields';

export const hfTokenizer = defineComponent({
  slot: 'tokenizer',
  word: 'hf',
  title: 'Hugging Face tokenizer',
  doc: 'Any tokenizer.json, read by the @huggingface/tokenizers library.',
  example: 'tokenizer hf { file = "tokenizer.json" }',
  fields: { file: text({ doc: 'Path of the tokenizer.json inside the workspace.', format: 'path' }) },
});
