import * as v from 'valibot';
import {
  type CodeLensParams,
  type DefinitionLink,
  type DefinitionParams,
  type DocumentHighlight,
  DocumentHighlightKind,
  type DocumentHighlightParams,
  type DocumentLink,
  type DocumentLinkParams,
  type DocumentSymbol,
  type DocumentSymbolParams,
  type FoldingRange,
  type FoldingRangeParams,
  type HoverParams,
  type InlayHintParams,
  type Location,
  type CodeLens as LspCodeLens,
  type Hover as LspHover,
  type InlayHint as LspInlayHint,
  MarkupKind,
  type ReferenceParams,
  type SelectionRange,
  type SelectionRangeParams,
  type SemanticTokens,
  type SemanticTokensParams,
} from 'vscode-languageserver';
import { lineIndex, offsetAt, positionAt, rangeOf, spanOf } from '../base/text';
import { codeLenses, lensParts, lensText } from '../language/features/code-lens';
import { definition } from '../language/features/definition';
import { folds } from '../language/features/folding';
import { hover } from '../language/features/hover';
import { inlayHints } from '../language/features/inlay-hints';
import { links } from '../language/features/links';
import { references } from '../language/features/references';
import { selectionRanges } from '../language/features/selection-ranges';
import { semanticTokens } from '../language/features/semantic-tokens';
import { outline } from '../language/features/symbols';
import { lensCommands } from '../protocol/server';
import { answer, answerAt } from './answer';
import { toFold, toSelectionRange, toSymbols, toTokenData } from './convert';
import { findPath, toUri } from './paths';
import type { Session } from './session';

/** Requests that show something and change nothing. */
export function answerReading(session: Session): void {
  const { connection } = session;

  connection.onHover(
    answerAt<HoverParams, LspHover | null>(session, 'Hover', null, (analysed, offset) => {
      const found = hover(analysed, offset);
      if (!found) return null;
      const page = found.page === undefined ? [] : [`[Reference](${pageUri(session, found.page)})`];
      const value = [found.markdown, ...page].join('\n\n');
      return { contents: { kind: MarkupKind.Markdown, value }, range: rangeOf(analysed.lines, found.span) };
    }),
  );

  connection.onDefinition(
    answerAt<DefinitionParams, DefinitionLink[]>(session, 'Definition', [], (analysed, offset, { textDocument }) => {
      const target = definition(analysed, offset);
      if (!target) return [];
      const own = target.document === analysed.file.document;
      const uri = own ? textDocument.uri : session.gallery().uriOf(target.document);
      if (uri === undefined) return [];
      const lines = own ? analysed.lines : lineIndex(target.document.text);
      return [
        {
          originSelectionRange: rangeOf(analysed.lines, target.origin),
          targetUri: uri,
          targetRange: rangeOf(lines, target.span),
          targetSelectionRange: rangeOf(lines, target.selection),
        },
      ];
    }),
  );

  connection.onReferences(
    answerAt<ReferenceParams, Location[]>(session, 'References', [], (analysed, offset, { textDocument, context }) =>
      references(analysed, offset)
        .filter(({ kind }) => context.includeDeclaration || kind === 'use')
        .map(use => ({ uri: textDocument.uri, range: rangeOf(analysed.lines, use) })),
    ),
  );

  connection.onDocumentHighlight(
    answerAt<DocumentHighlightParams, DocumentHighlight[]>(session, 'Highlights', [], (analysed, offset) =>
      references(analysed, offset).map(use => ({
        range: rangeOf(analysed.lines, use),
        kind: use.kind === 'definition' ? DocumentHighlightKind.Write : DocumentHighlightKind.Read,
      })),
    ),
  );

  connection.onDocumentSymbol(
    answer<DocumentSymbolParams, DocumentSymbol[]>(session, 'Outline', [], analysed =>
      toSymbols(analysed.lines, outline(analysed)),
    ),
  );

  connection.onFoldingRanges(
    answer<FoldingRangeParams, FoldingRange[]>(session, 'Folding', [], analysed => folds(analysed).map(toFold)),
  );

  connection.onSelectionRanges(
    answer<SelectionRangeParams, SelectionRange[]>(session, 'Selection', [], (analysed, { positions }) =>
      positions.map(position =>
        toSelectionRange(analysed.lines, selectionRanges(analysed, offsetAt(analysed.lines, position))),
      ),
    ),
  );

  connection.languages.semanticTokens.on(
    answer<SemanticTokensParams, SemanticTokens>(session, 'Colours', { data: [] }, analysed => ({
      data: toTokenData(analysed.lines, semanticTokens(analysed)),
    })),
  );

  connection.languages.inlayHint.on(
    answer<InlayHintParams, LspInlayHint[]>(session, 'Inlay hints', [], (analysed, { range }) => {
      if (!session.settings.current.inlayHints) return [];
      return inlayHints(analysed, spanOf(analysed.lines, range)).map(({ offset, label, tooltip }) => ({
        position: positionAt(analysed.lines, offset),
        label,
        tooltip: { kind: MarkupKind.Markdown, value: tooltip },
        paddingLeft: true,
      }));
    }),
  );

  connection.onDocumentLinks(
    answer<DocumentLinkParams, DocumentLink[]>(session, 'Links', [], (analysed, { textDocument }) =>
      links(analysed).flatMap(({ target, ...span }) => {
        const uri =
          target.kind === 'docs' ? session.docs() + target.page : pathUri(session, target.paths, textDocument.uri);
        return uri === undefined ? [] : [{ range: rangeOf(analysed.lines, span), target: uri }];
      }),
    ),
  );

  connection.onCodeLens(
    answer<CodeLensParams, LspCodeLens[]>(session, 'Code lenses', [], (analysed, { textDocument: { uri } }) => {
      if (!session.settings.current.codeLens) return [];
      return codeLenses(analysed).map(({ span, part, index }) => {
        const data: LensData = { uri, part, index };
        return { range: rangeOf(analysed.lines, span), data };
      });
    }),
  );

  connection.onCodeLensResolve(
    session.guard('Code lens', (lens: LspCodeLens) => resolveLens(session, lens), emptyLens),
  );
}

const lensDataSchema = v.object({ uri: v.string(), part: v.picklist(lensParts), index: v.number() });
type LensData = v.InferOutput<typeof lensDataSchema>;

const nowhere = { line: 0, character: 0 };
const noCommand = { title: '', command: '' };
const emptyLens: LspCodeLens = { range: { start: nowhere, end: nowhere }, command: noCommand };

function resolveLens(session: Session, lens: LspCodeLens): LspCodeLens {
  const data = v.safeParse(lensDataSchema, lens.data);
  const analysed = data.success ? session.analysed(data.output.uri) : undefined;
  const text = data.success && analysed ? lensText(analysed, data.output, session.machine) : undefined;
  if (!data.success || !text) return { range: lens.range, command: noCommand };
  const { title, tooltip, action } = text;
  const command = action
    ? {
        command: lensCommands[action.kind],
        arguments: action.kind === 'compare' ? [data.output.uri] : [data.output.uri, action.name],
      }
    : { command: '' };
  return { range: lens.range, command: { title, tooltip, ...command } };
}

/** The address of a page of the reference: `reference/attention#gqa` to `…/reference/attention.md#gqa`. */
function pageUri(session: Session, page: string): string {
  const [file = '', heading] = page.split('#');
  return `${session.docs()}${file}.md${heading === undefined ? '' : `#${heading}`}`;
}

function pathUri({ options, folders }: Session, paths: readonly string[], fileUri: string): string | undefined {
  if (options.trusted === false) return undefined;
  const found = paths.flatMap(path => findPath(path, fileUri, folders) ?? []);
  return found[0] === undefined ? undefined : toUri(found[0]);
}
