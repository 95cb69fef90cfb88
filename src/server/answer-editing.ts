import {
  CodeActionKind,
  type CodeActionParams,
  type CompletionItem,
  type CompletionParams,
  type DocumentFormattingParams,
  type DocumentRangeFormattingParams,
  ErrorCodes,
  type CodeAction as LspCodeAction,
  type PrepareRenameParams,
  type RenameParams,
  ResponseError,
  type TextEdit,
  type WorkspaceEdit,
} from 'vscode-languageserver';
import { rangeOf, spanOf } from '../base/text';
import { codeActions, fixAll } from '../language/features/code-actions';
import { completion } from '../language/features/completion';
import { formatEdits, formatRangeEdits } from '../language/features/format';
import { prepareRename, rename } from '../language/features/rename';
import { answer, answerAt } from './answer';
import { fixAllKind, toCodeAction, toCompletionItems, toEdits } from './convert';
import { listPaths } from './list-paths';
import type { Session } from './session';

/** Requests whose answers change the text. */
export function answerEditing(session: Session): void {
  const { connection } = session;

  connection.onCompletion(
    answerAt<CompletionParams, CompletionItem[]>(session, 'Completion', [], (analysed, offset, params) => {
      const { context, textDocument } = params;
      const root = session.rootOf(textDocument.uri);
      const found = completion(analysed, offset, {
        gallery: session.gallery().names,
        ...(root === undefined ? {} : { paths: (folder, format) => listPaths(root, folder, format) }),
        afterBlank: context?.triggerCharacter === ' ',
      });
      return toCompletionItems(analysed.lines, found, session.snippets);
    }),
  );

  connection.onDocumentFormatting(
    answer<DocumentFormattingParams, TextEdit[]>(session, 'Formatting', [], ({ text, lines }) =>
      toEdits(lines, formatEdits(text)),
    ),
  );

  connection.onDocumentRangeFormatting(
    answer<DocumentRangeFormattingParams, TextEdit[]>(session, 'Formatting', [], ({ text, lines }, { range }) =>
      toEdits(lines, formatRangeEdits(text, spanOf(lines, range))),
    ),
  );

  connection.onCodeAction(
    answer<CodeActionParams, LspCodeAction[]>(session, 'Code actions', [], (analysed, params) => {
      const { range, context, textDocument } = params;
      const overrides = session.settings.current.problemSeverity;
      const wanted = (kind: string) =>
        context.only?.some(only => only === CodeActionKind.Empty || kind === only || kind.startsWith(`${only}.`)) ??
        true;
      const onlyAll = context.only !== undefined && !wanted(CodeActionKind.QuickFix);
      const all = onlyAll && wanted(fixAllKind) ? fixAll(analysed, overrides) : undefined;
      const actions = onlyAll ? (all ? [all] : []) : codeActions(analysed, spanOf(analysed.lines, range), overrides);
      return actions
        .map(action => toCodeAction(analysed.lines, textDocument.uri, context.diagnostics, action))
        .filter(({ kind }) => wanted(kind ?? ''));
    }),
  );

  connection.onPrepareRename(
    answerAt<PrepareRenameParams, ReturnType<typeof prepared> | ResponseError<void> | null>(
      session,
      'Rename',
      null,
      (analysed, offset) => {
        const found = prepareRename(analysed, offset);
        return 'problem' in found ? refusal(found.problem) : prepared(analysed.lines, found);
      },
    ),
  );

  connection.onRenameRequest(
    answerAt<RenameParams, WorkspaceEdit | ResponseError<void> | null>(
      session,
      'Rename',
      null,
      (analysed, offset, { newName, textDocument }) => {
        const found = rename(analysed, offset, newName);
        if ('problem' in found) return refusal(found.problem);
        return { changes: { [textDocument.uri]: toEdits(analysed.lines, found.edits) } };
      },
    ),
  );
}

const refusal = (problem: string): ResponseError<void> => new ResponseError(ErrorCodes.InvalidRequest, problem);

const prepared = (
  lines: Parameters<typeof rangeOf>[0],
  { span, name }: { readonly span: Parameters<typeof rangeOf>[1]; readonly name: string },
) => ({ range: rangeOf(lines, span), placeholder: name });
