import {
  CodeActionKind,
  CompletionItemKind,
  DiagnosticSeverity,
  DiagnosticTag,
  type DocumentSymbol,
  type FoldingRange,
  FoldingRangeKind,
  InsertTextFormat,
  type CodeAction as LspCodeAction,
  type CompletionItem as LspCompletionItem,
  type Diagnostic as LspDiagnostic,
  type TextEdit as LspTextEdit,
  MarkupKind,
  type SelectionRange,
  SymbolKind,
} from 'vscode-languageserver';
import type { Span } from '../base/text';
import { type LineIndex, lineAt, rangeOf, type TextEdit } from '../base/text';
import type { Severity } from '../language/analysis/problem';
import type { CodeAction } from '../language/features/code-actions';
import { type Completion, type CompletionItem, plainText } from '../language/features/completion';
import type { Diagnostic } from '../language/features/diagnostics';
import type { Fold } from '../language/features/folding';
import { type SemanticToken, tokenModifiers, tokenTypes } from '../language/features/semantic-tokens';
import type { OutlineItem } from '../language/features/symbols';

/** What features answer, in the shapes of the language server protocol. */

export const toEdits = (lines: LineIndex, edits: readonly TextEdit[]): LspTextEdit[] =>
  edits.map(edit => ({ range: rangeOf(lines, edit), newText: edit.newText }));

const severities: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  info: DiagnosticSeverity.Information,
  hint: DiagnosticSeverity.Hint,
};

export function toDiagnostic(lines: LineIndex, uri: string, docs: string, found: Diagnostic): LspDiagnostic {
  return {
    range: rangeOf(lines, found),
    severity: severities[found.severity],
    source: 'supra',
    code: found.code,
    codeDescription: { href: docs + found.page },
    message: found.message,
    relatedInformation: found.related.map(place => ({
      location: { uri, range: rangeOf(lines, place) },
      message: place.message,
    })),
    ...(found.unnecessary ? { tags: [DiagnosticTag.Unnecessary] } : {}),
  };
}

/** `given` are the diagnostics that the editor asked about: an action goes with the one of its code. */
export function toCodeAction(
  lines: LineIndex,
  uri: string,
  given: readonly LspDiagnostic[],
  action: CodeAction,
): LspCodeAction {
  const { problem } = action;
  const range = problem && rangeOf(lines, problem);
  const diagnostics = given.filter(
    ({ code, range: { start } }) =>
      code === problem?.code && start.line === range?.start.line && start.character === range.start.character,
  );
  return {
    title: action.title,
    kind: actionKinds[action.kind],
    ...(diagnostics.length > 0 ? { diagnostics } : {}),
    ...(action.preferred ? { isPreferred: true } : {}),
    edit: { changes: { [uri]: toEdits(lines, action.edits) } },
  };
}

export const fixAllKind = `${CodeActionKind.SourceFixAll}.supra`;

const actionKinds: Readonly<Record<CodeAction['kind'], string>> = {
  fix: CodeActionKind.QuickFix,
  silence: CodeActionKind.QuickFix,
  'fix-all': fixAllKind,
  rewrite: CodeActionKind.RefactorRewrite,
};

const completionKinds: Readonly<Record<CompletionItem['kind'], CompletionItemKind>> = {
  block: CompletionItemKind.Struct,
  component: CompletionItemKind.Class,
  setting: CompletionItemKind.Property,
  choice: CompletionItemKind.EnumMember,
  value: CompletionItemKind.Value,
  name: CompletionItemKind.Variable,
  function: CompletionItemKind.Function,
  unit: CompletionItemKind.Unit,
  code: CompletionItemKind.Constant,
  folder: CompletionItemKind.Folder,
  file: CompletionItemKind.File,
  keyword: CompletionItemKind.Keyword,
};

export function toCompletionItems(
  lines: LineIndex,
  { replace, items }: Completion,
  snippets: boolean,
): LspCompletionItem[] {
  const range = rangeOf(lines, replace);
  return items.map((item, index) => ({
    label: item.label,
    kind: completionKinds[item.kind],
    // The order of the list is the order of its features, not that of the alphabet.
    sortText: String(index).padStart(4, '0'),
    insertTextFormat: snippets ? InsertTextFormat.Snippet : InsertTextFormat.PlainText,
    textEdit: { range, newText: snippets ? item.snippet : plainText(item.snippet) },
    ...(item.detail === undefined ? {} : { detail: item.detail }),
    ...(item.documentation === undefined
      ? {}
      : { documentation: { kind: MarkupKind.Markdown, value: item.documentation } }),
    ...(item.filter === undefined ? {} : { filterText: item.filter }),
    ...(item.again ? { command: { title: 'Suggest', command: 'editor.action.triggerSuggest' } } : {}),
  }));
}

const symbolKinds: Readonly<Record<OutlineItem['kind'], SymbolKind>> = {
  model: SymbolKind.Class,
  layer: SymbolKind.Struct,
  data: SymbolKind.Package,
  train: SymbolKind.Event,
  component: SymbolKind.Object,
  setting: SymbolKind.Property,
};

export const toSymbols = (lines: LineIndex, items: readonly OutlineItem[]): DocumentSymbol[] =>
  items.map(item => ({
    name: item.name,
    detail: item.detail,
    kind: symbolKinds[item.kind],
    range: rangeOf(lines, item.span),
    selectionRange: rangeOf(lines, item.selection),
    children: toSymbols(lines, item.children),
  }));

export function toFold({ startLine, endLine, kind }: Fold): FoldingRange {
  if (kind === 'block') return { startLine, endLine };
  return { startLine, endLine, kind: kind === 'comment' ? FoldingRangeKind.Comment : FoldingRangeKind.Region };
}

export function toSelectionRange(lines: LineIndex, spans: readonly Span[]): SelectionRange {
  const outermost: SelectionRange = { range: rangeOf(lines, { start: 0, end: lines.text.length }) };
  return spans
    .toReversed()
    .reduce<SelectionRange>((parent, span) => ({ range: rangeOf(lines, span), parent }), outermost);
}

/** Tokens as the protocol packs them: five numbers each, places relative to the token before. */
export function toTokenData(lines: LineIndex, tokens: readonly SemanticToken[]): number[] {
  const data: number[] = [];
  let lastLine = 0;
  let lastStart = 0;
  for (const { start, end, type, modifiers } of tokens) {
    const line = lineAt(lines, start);
    const character = start - (lines.starts[line] ?? 0);
    const bits = modifiers.reduce((sum, modifier) => sum | (1 << tokenModifiers.indexOf(modifier)), 0);
    data.push(
      line - lastLine,
      line === lastLine ? character - lastStart : character,
      end - start,
      tokenTypes.indexOf(type),
      bits,
    );
    lastLine = line;
    lastStart = character;
  }
  return data;
}
