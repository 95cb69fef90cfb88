import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Recall } from '../language/analysis/recall';
import type { Analysed } from '../language/features/analysed';

/** Analyses each version of a document once, and forgets it with the document. */
export interface AnalysisCache {
  get(document: TextDocument): Analysed;
  forget(uri: string): void;
  /** Something is known of a document that was not when it was analysed: it is analysed again, with what was found in it. */
  renew(uri: string): void;
  /** Something outside of the documents changed. */
  clear(): void;
}

/** `analyse` gets what the last analysis of the same document found. */
export function analysisCache(
  analyse: (document: TextDocument, before: Recall | undefined) => Analysed,
): AnalysisCache {
  const known = new Map<string, { readonly version: number; readonly analysed: Analysed }>();
  /** Before a text is analysed, nothing holds the last analysis any more: two at a time are twice the work to collect. */
  const letGo = (uri: string): Recall | undefined => {
    const recall = known.get(uri)?.analysed.recall;
    known.delete(uri);
    return recall;
  };
  const current = (uri: string, version: number): Analysed | undefined => {
    const entry = known.get(uri);
    return entry?.version === version ? entry.analysed : undefined;
  };
  return {
    get(document) {
      const { uri, version } = document;
      const fresh = current(uri, version);
      if (fresh) return fresh;
      const analysed = analyse(document, letGo(uri));
      known.set(uri, { version, analysed });
      return analysed;
    },
    forget: uri => known.delete(uri),
    renew(uri) {
      const entry = known.get(uri);
      if (entry) known.set(uri, { ...entry, version: Number.NaN });
    },
    clear: () => known.clear(),
  };
}
