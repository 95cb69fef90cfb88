import * as vscode from 'vscode';
import { type LineIndex, lineIndex, positionAt } from '../base/text';
import { type Analysis, analyze } from '../language/analysis/analyze';
import { architectureView } from '../language/features/architecture-view';
import type { ModelMessage, ModelReference } from '../protocol/model-panel';
import { type Gallery, readGallery } from '../server/gallery';
import { modelMessage } from './model-message';

/** Reads models out of documents for the panel, and remembers where each part that it draws is written. */
export interface DrawnModels {
  readonly gallery: Gallery;
  /** A model as the panel draws it, its parts numbered in `places`. Null, and why, while its sizes are not known. */
  draw(reference: ModelReference, places: Places): Promise<Drawn>;
  /** From now on `placeAt` and `locationOf` are about these places: those of the drawing that is shown. */
  keep(places: Places): void;
  analysisOf(document: vscode.TextDocument): Analysis;
  placeAt(uri: string, offset: number): number | null;
  locationOf(place: number): vscode.Location | undefined;
}

export interface Drawn {
  readonly message: ModelMessage | null;
  readonly reason: string;
  /** All models of the document. */
  readonly choices: readonly string[];
}

/** Where the parts of one drawing are written; the panel knows them by their index. */
export interface Places {
  readonly written: WrittenPlace[];
  readonly numbers: Map<string, number>;
}
export const noPlaces = (): Places => ({ written: [], numbers: new Map() });

interface WrittenPlace {
  readonly uri: string;
  readonly start: number;
  readonly end: number;
  readonly lines: LineIndex;
}

export function drawnModels(extensionPath: string): DrawnModels {
  const gallery = readGallery(extensionPath);
  const known = new Map<string, { readonly version: number; readonly analysis: Analysis }>();
  let shown = noPlaces();

  function analysisOf(document: vscode.TextDocument): Analysis {
    const uri = document.uri.toString();
    const before = known.get(uri);
    if (before?.version === document.version) return before.analysis;
    const analysis = analyze(document.getText(), { findModel: gallery.find, galleryNames: gallery.names });
    known.set(uri, { version: document.version, analysis });
    return analysis;
  }

  return {
    gallery,
    analysisOf,
    keep(places) {
      shown = places;
    },
    async draw(reference, { written, numbers }) {
      const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(reference.uri, true));
      const { file, document: tree } = analysisOf(document);
      const choices = file.models.map(each => each.name).filter(each => each !== '');
      const name = vscode.workspace.asRelativePath(document.uri);
      const model = file.models.find(each => each.name === reference.model) ?? file.models[0];
      if (model === undefined) {
        return { message: null, reason: `${name} has no model. Begin one with: model name { }`, choices };
      }
      const view = architectureView(model);
      if (view === undefined) {
        const reason = `The size of ${model.name} is not known: it needs at least vocab and hidden.`;
        return { message: null, reason, choices };
      }
      const lines = lineIndex(document.getText());
      const message = modelMessage(view, {
        reference: { uri: reference.uri, model: model.name },
        source: sourceOf(document.uri, gallery),
        placeOf(origin) {
          const isOwn = origin.document === tree;
          const uri = isOwn ? document.uri.toString() : (gallery.uriOf(origin.document) ?? document.uri.toString());
          const key = `${uri} ${origin.start}`;
          const before = numbers.get(key);
          if (before !== undefined) return before;
          const { start, end } = origin;
          written.push({ uri, start, end, lines: isOwn ? lines : lineIndex(origin.document.text) });
          numbers.set(key, written.length - 1);
          return written.length - 1;
        },
      });
      return { message, reason: '', choices };
    },
    placeAt(uri, offset) {
      let found: number | null = null;
      let length = Number.POSITIVE_INFINITY;
      for (const [index, { uri: where, start, end }] of shown.written.entries()) {
        if (where !== uri || offset < start || offset > end || end - start >= length) continue;
        found = index;
        length = end - start;
      }
      return found;
    },
    locationOf(place) {
      const written = shown.written[place];
      if (written === undefined) return undefined;
      const { line, character } = positionAt(written.lines, written.start);
      return new vscode.Location(vscode.Uri.parse(written.uri), new vscode.Position(line, character));
    },
  };
}

/** Where a model comes from, in a word or two. */
function sourceOf(uri: vscode.Uri, gallery: Gallery): string {
  if (uri.scheme === 'supra-run') return `run ${uri.path.split('/')[1] ?? ''}`;
  const inGallery = gallery.names.some(name => {
    const document = gallery.find(name);
    return document !== undefined && gallery.uriOf(document) === uri.toString();
  });
  return inGallery ? 'gallery' : vscode.workspace.asRelativePath(uri);
}
