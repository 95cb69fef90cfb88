import { type Analysed, analysed } from '../../../src/language/features/analysed';
import { parse } from '../../../src/language/syntax/parser';
import { blocksOf, type Document } from '../../../src/language/syntax/tree';

/** A file in which `$0` says where the cursor is. */
export interface Cursor extends Analysed {
  readonly offset: number;
}

const gallery = parse('model llama_tiny {\n  vocab = 100\n  hidden = 64\n}\n').value;
const findModel = (name: string): Document | undefined =>
  blocksOf(gallery).some(block => block.label?.text === name) ? gallery : undefined;
export const galleryNames: readonly string[] = ['llama_tiny'];

/** Analyses a text without its `$0`; the gallery holds one model, `llama_tiny`. */
export function cursor(text: string): Cursor {
  const offset = text.indexOf('$0');
  if (offset < 0) throw new Error(`expected a $0 in the text, got ${text}`);
  return { ...analysed(text.replace('$0', ''), { findModel, galleryNames }), offset };
}

/** Puts a piece of text where it is usually written: `inLayer` into a layer, `inModel` into a model. */
export const inModel = (body: string): string => `model small {
  vocab = 8192
  context = 512
  hidden = 256
  layer block {
    norm rms
    attention gqa { heads = 8 }
    ffn swiglu
  }
  layer wide from block {
    ffn swiglu { width = 2048 }
  }
${body}
}
`;
export const inLayer = (body: string): string => inModel(`  layer other {\n    ${body}\n  }`);
