import type { Span } from '../../base/text';
import type { Document } from '../syntax/tree';
import type { Analysed } from './analysed';
import { isKeyword, placeAt } from './place';

/** Where something is defined. */
export interface Target {
  /** The file it stands in: the one asked about, or a model of the gallery. */
  readonly document: Document;
  /** All of it. */
  readonly span: Span;
  /** The word that names it. */
  readonly selection: Span;
  /** The word that was asked about. */
  readonly origin: Span;
}

/**
 * Where the name at an offset is defined: a model, layer, data or train block, a setting used in arithmetic, a model of
 * the gallery. On the word of a block that changes a copied one (`attention { window = none }`), what it changes.
 */
export function definition(analysed: Analysed, offset: number): Target | undefined {
  const place = placeAt(analysed, offset);
  const { word, reference, block, resolved } = place;
  if (!word) return undefined;
  const own = analysed.file.document;
  if (reference?.kind === 'symbol') {
    const { symbol } = reference;
    return { document: own, span: symbol.block, selection: symbol.definition, origin: word };
  }
  if (reference?.kind === 'gallery') {
    const { document, block: base } = reference;
    return { document, span: base, selection: base.label ?? base.keyword, origin: word };
  }
  if (reference?.kind === 'setting') {
    const { setting, document } = reference.setting;
    return setting && { document: document ?? own, span: setting, selection: setting.name, origin: word };
  }
  if (!isKeyword(block, word)) return undefined;
  const changed = resolved?.written.find(written => written.block !== block);
  return changed && { document: changed.document, span: changed.block, selection: changed.block.keyword, origin: word };
}
