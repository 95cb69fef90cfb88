import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Analysed } from '../language/features/analysed';

/** Analyses each version of a document once, and forgets it with the document. */
export interface AnalysisCache {
  get(document: TextDocument): Analysed;
  forget(uri: string): void;
  /** Something outside of the documents changed. */
  clear(): void;
}

export function analysisCache(analyse: (document: TextDocument) => Analysed): AnalysisCache {
  const known = new Map<string, { readonly version: number; readonly analysed: Analysed }>();
  return {
    get(document) {
      const { uri, version } = document;
      const entry = known.get(uri);
      if (entry?.version === version) return entry.analysed;
      const analysed = analyse(document);
      known.set(uri, { version, analysed });
      return analysed;
    },
    forget: uri => known.delete(uri),
    clear: () => known.clear(),
  };
}
