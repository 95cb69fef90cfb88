import { dirname } from 'node:path';
import type { Connection, TextDocuments } from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { startFacts } from '../exchange/start/start-facts';
import type { Facts } from '../language/analysis/checks/check';
import type { Recall } from '../language/analysis/recall';
import { type Analysed, analysed } from '../language/features/analysed';
import { type Machine, unknownMachine } from '../language/features/machine';
import type { ServerOptions } from '../protocol/server';
import { type AnalysisCache, analysisCache } from './documents';
import { type Gallery, readGallery } from './gallery';
import type { Guard } from './guard';
import { type LaterUnfits, laterUnfits } from './later-unfits';
import { packageRoot } from './package-root';
import { fileBytes, findPath, rootOf, toUri } from './paths';
import { type LiveSettings, liveSettings } from './settings';

/** What one editor and this server share while they are connected. */
export interface Session {
  readonly connection: Connection;
  readonly documents: TextDocuments<TextDocument>;
  readonly analyses: AnalysisCache;
  readonly unfits: LaterUnfits;
  readonly settings: LiveSettings;
  readonly gallery: () => Gallery;
  readonly guard: Guard;
  options: ServerOptions;
  /** URIs of the folders of the workspace. */
  folders: readonly string[];
  /** Whether the editor knows snippets. */
  snippets: boolean;
  refreshes: { readonly inlayHints: boolean; readonly codeLens: boolean };
  machine: Machine;
  /** The analysis of an open document; undefined for one that is not open. */
  analysed(uri: string): Analysed | undefined;
  /** The folder in which paths of a document may be looked up; undefined where none may. */
  rootOf(uri: string): string | undefined;
  /** Where the pages of docs/ are, ending in a slash. */
  docs(): string;
  /** Shows everything afresh after something outside of the documents changed. */
  refresh(): void;
  /** Calls back at every refresh. */
  onRefresh(listener: () => void): void;
  /** Calls back when other problems are to be shown of a document although nobody changed it. */
  onNews(listener: (uri: string) => void): void;
}

export function openSession(connection: Connection, documents: TextDocuments<TextDocument>, guard: Guard): Session {
  const root = packageRoot(dirname(__filename));
  let gallery: Gallery | undefined;
  const readOnce = () => {
    gallery ??= readGallery(root);
    return gallery;
  };
  const listeners: (() => void)[] = [];
  const newsListeners: ((uri: string) => void)[] = [];
  const session: Session = {
    connection,
    documents,
    guard,
    gallery: readOnce,
    settings: liveSettings(connection, () => session.refresh()),
    options: {},
    folders: [],
    snippets: false,
    refreshes: { inlayHints: false, codeLens: false },
    machine: unknownMachine,
    unfits: laterUnfits(uri => {
      session.analyses.renew(uri);
      for (const listener of newsListeners) listener(uri);
    }),
    analyses: analysisCache((document, before) => analyseDocument(session, document, before)),
    analysed(uri) {
      const document = documents.get(uri);
      return document && session.analyses.get(document);
    },
    rootOf: uri => (session.options.trusted === false ? undefined : rootOf(uri, session.folders)),
    docs: () => session.options.docs ?? (root === null ? '' : `${toUri(root)}/docs/`),
    refresh() {
      session.analyses.clear();
      for (const listener of listeners) listener();
    },
    onRefresh: listener => listeners.push(listener),
    onNews: listener => newsListeners.push(listener),
  };
  return session;
}

function analyseDocument(session: Session, document: TextDocument, before: Recall | undefined): Analysed {
  const { machine, folders, options, gallery } = session;
  const dataBytes = (source: string | null): number | null => {
    if (source === null || options.trusted === false) return null;
    const path = findPath(source, document.uri, folders);
    return path === undefined ? null : fileBytes(path);
  };
  const root = session.rootOf(document.uri);
  const startOf: Facts['startOf'] = (start, model) => (root === undefined ? null : startFacts(root, start, model));
  const known = { findModel: gallery().find, galleryNames: gallery().names };
  const facts: Facts = {
    machineMemoryBytes: machine.memoryBytes,
    dataBytes,
    startOf,
    unfitsOf: session.unfits.of(document.uri),
  };
  return analysed(document.getText(), known, facts, before);
}
