import type { Analysed } from '../../../src/language/features/analysed';
import { codeActions } from '../../../src/language/features/code-actions';
import { codeLenses, lensText } from '../../../src/language/features/code-lens';
import { completion } from '../../../src/language/features/completion';
import { definition } from '../../../src/language/features/definition';
import { diagnostics } from '../../../src/language/features/diagnostics';
import { folds } from '../../../src/language/features/folding';
import { formatEdits, formatRangeEdits } from '../../../src/language/features/format';
import { hover } from '../../../src/language/features/hover';
import { inlayHints } from '../../../src/language/features/inlay-hints';
import { links } from '../../../src/language/features/links';
import { references } from '../../../src/language/features/references';
import { prepareRename, rename } from '../../../src/language/features/rename';
import { selectionRanges } from '../../../src/language/features/selection-ranges';
import { semanticTokens } from '../../../src/language/features/semantic-tokens';
import { summary } from '../../../src/language/features/summary';
import { outline } from '../../../src/language/features/symbols';

/** Asks everything about an offset and about the whole file; the answers by feature. */
export function everyFeature(file: Analysed, offset: number): Readonly<Record<string, unknown>> {
  const span = { start: 0, end: file.text.length };
  const machine = { flopsPerSecond: 1e11, memoryBytes: 1e10 };
  return {
    codeActions: codeActions(file, span),
    codeLenses: codeLenses(file).map(lens => lensText(file, lens, machine)),
    completion: completion(file, offset),
    definition: definition(file, offset),
    diagnostics: diagnostics(file),
    folds: folds(file),
    format: formatEdits(file.text),
    formatRange: formatRangeEdits(file.text, { start: offset, end: offset }),
    hover: hover(file, offset),
    inlayHints: inlayHints(file, span),
    links: links(file),
    outline: outline(file),
    prepareRename: prepareRename(file, offset),
    references: references(file, offset),
    rename: rename(file, offset, 'renamed'),
    selectionRanges: selectionRanges(file, offset),
    semanticTokens: semanticTokens(file),
    summary: summary(file, offset),
  };
}
