import type { Unfit } from '../../../architecture/unfit';
import type { Rows } from '../problem-row';
import { others, row } from './check-row';

/** What the message of each check needs to know, by the code of the check. */
export interface ExportCheckParams {
  /** One or both formats. */
  'not-exportable': { readonly unfits: readonly Unfit[] };
}

const formats: Readonly<Record<Unfit['format'], { readonly name: string; readonly what: string }>> = {
  hf: { name: 'Hugging Face', what: 'class of transformers' },
  gguf: { name: 'GGUF', what: 'architecture of llama.cpp' },
};

/** Of what a trained model can be written as. */
export const exportCheckRows: Rows<ExportCheckParams> = {
  'not-exportable': row('info', 'A model that a format cannot hold', ({ unfits }) => {
    const [first, second] = unfits;
    if (first === undefined) return '';
    if (second === undefined) {
      const other = first.format === 'hf' ? formats.gguf : formats.hf;
      return `${formats[first.format].name} cannot hold this model. ${reasonOf(first)} Change that, or export its runs to ${other.name}, which holds it.`;
    }
    const [obstacle] = second.obstacles;
    const isSame = obstacle === undefined || first.obstacles.some(({ text }) => text === obstacle.text);
    const reasons = isSame ? reasonOf(first) : `${reasonOf(first)} ${reasonOf(second)}`;
    return `Neither Hugging Face nor GGUF can hold this model. ${reasons} Change that if its runs are to be exported; it trains as it is.`;
  }),
};

/** What comes nearest, and the first thing in which that differs. */
function reasonOf({ format, nearest, obstacles }: Unfit): string {
  const { what } = formats[format];
  const [first, ...more] = obstacles;
  if (nearest === null || first === undefined) return `No ${what} is like it.`;
  const text = first.text.slice(0, 1).toUpperCase() + first.text.slice(1);
  return `The nearest ${what} is ${nearest}. ${text}${others(more.length)}.`;
}
