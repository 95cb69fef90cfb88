import * as v from 'valibot';
import {
  type Connection,
  type InitializeParams,
  type InitializeResult,
  TextDocumentSyncKind,
  TextDocuments,
} from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { tokenModifiers, tokenTypes } from '../language/features/semantic-tokens';
import { serverOptionsSchema } from '../protocol/server';
import { answerEditing } from './answer-editing';
import { answerReading } from './answer-reading';
import { answerSupra } from './answer-supra';
import { fixAllKind } from './convert';
import { guardWith } from './guard';
import { publishDiagnostics } from './publish-diagnostics';
import { openSession, type Session } from './session';

/** Serves the language on a connection until the editor ends it. */
export function serve(connection: Connection): void {
  const documents = new TextDocuments(TextDocument);
  const guard = guardWith(message => connection.console.error(message));
  const session = openSession(connection, documents, guard);
  connection.onInitialize(params => initialize(session, params));
  connection.onInitialized(() => {
    session.settings.start();
    session.refresh();
  });
  publishDiagnostics(session);
  answerReading(session);
  answerEditing(session);
  answerSupra(session);
  documents.listen(connection);
  connection.listen();
}

function initialize(session: Session, params: InitializeParams): InitializeResult {
  const options = v.safeParse(serverOptionsSchema, params.initializationOptions ?? {});
  if (options.success) session.options = options.output;
  session.folders = (params.workspaceFolders ?? []).map(({ uri }) => uri);
  session.snippets = params.capabilities.textDocument?.completion?.completionItem?.snippetSupport === true;
  session.settings.supported = params.capabilities.workspace?.configuration === true;
  session.settings.dynamic = params.capabilities.workspace?.didChangeConfiguration?.dynamicRegistration === true;
  session.refreshes = {
    inlayHints: params.capabilities.workspace?.inlayHint?.refreshSupport === true,
    codeLens: params.capabilities.workspace?.codeLens?.refreshSupport === true,
  };
  return {
    serverInfo: { name: 'supra' },
    capabilities: {
      textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
      completionProvider: { triggerCharacters: ['=', ' ', '#', '"', '/'] },
      hoverProvider: true,
      definitionProvider: true,
      referencesProvider: true,
      documentHighlightProvider: true,
      documentSymbolProvider: true,
      documentLinkProvider: {},
      documentFormattingProvider: true,
      documentRangeFormattingProvider: true,
      foldingRangeProvider: true,
      selectionRangeProvider: true,
      renameProvider: { prepareProvider: true },
      codeActionProvider: { codeActionKinds: ['quickfix', fixAllKind] },
      codeLensProvider: { resolveProvider: true },
      inlayHintProvider: true,
      semanticTokensProvider: {
        legend: { tokenTypes: [...tokenTypes], tokenModifiers: [...tokenModifiers] },
        full: true,
      },
    },
  };
}
