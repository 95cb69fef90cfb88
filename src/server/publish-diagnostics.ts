import { diagnostics } from '../language/features/diagnostics';
import { toDiagnostic } from './convert';
import type { Session } from './session';

/**
 * Sends the problems of each open document whenever it changes. Without a delay, but once per burst: changes that have
 * arrived already are taken in first, so that nobody waits for the problems of a text that is gone.
 */
export function publishDiagnostics(session: Session): void {
  const { connection, documents, guard } = session;
  const waiting = new Set<string>();

  const publish = guard(
    'Publishing problems',
    (uri: string) => {
      const document = documents.get(uri);
      const analysed = session.analysed(uri);
      if (!document || !analysed) return;
      const found = diagnostics(analysed, session.settings.current.problemSeverity);
      const docs = session.docs();
      // Sending fails only when the editor is gone, and then nobody is there to tell.
      void connection.sendDiagnostics({
        uri,
        version: document.version,
        diagnostics: found.map(diagnostic => toDiagnostic(analysed.lines, uri, docs, diagnostic)),
      });
    },
    undefined,
  );

  const later = (uri: string) => {
    if (waiting.has(uri)) return;
    waiting.add(uri);
    setImmediate(() => {
      waiting.delete(uri);
      publish(uri);
    });
  };

  documents.onDidChangeContent(({ document }) => later(document.uri));
  documents.onDidClose(({ document }) => {
    session.analyses.forget(document.uri);
    session.unfits.forget(document.uri);
    void connection.sendDiagnostics({ uri: document.uri, diagnostics: [] });
  });
  session.onNews(later);
  session.onRefresh(() => {
    for (const { uri } of documents.all()) later(uri);
    if (session.refreshes.inlayHints) connection.languages.inlayHint.refresh().catch(() => undefined);
    if (session.refreshes.codeLens) connection.sendRequest('workspace/codeLens/refresh').catch(() => undefined);
  });
}
