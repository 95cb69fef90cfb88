import * as vscode from 'vscode';
import { lineAt, lineIndex, type Span } from '../base/text';
import { type Analysis, analyze } from '../language/analysis/analyze';
import { architectureView } from '../language/features/architecture-view';
import type { ModelMessage, ModelReference } from '../protocol/model-panel';
import { type Gallery, readGallery } from '../server/gallery';
import { modelMessage } from './model-message';
import type { WrittenPlace } from './written-places';

/** Reads models out of documents for the panel, and remembers where each part that it draws is written. */
export interface DrawnModels {
  readonly gallery: Gallery;
  draw(reference: ModelReference): Promise<Drawn>;
  analysisOf(document: vscode.TextDocument): Analysis;
}

export interface Drawn {
  /** A model as the panel draws it. Null while its sizes are not known. */
  readonly message: ModelMessage | null;
  /** Where there is no model to draw: why, and what to do. */
  readonly reason: string;
  /** The first mistake of the model, or else of its document; empty where there is none. */
  readonly mistake: string;
  /** All models of the document. */
  readonly choices: readonly string[];
  /** Where its parts are written. No two drawings share a number, so a click can only mean the drawing that it was on. */
  readonly places: readonly WrittenPlace[];
}

export function drawnModels(extensionPath: string): DrawnModels {
  const gallery = readGallery(extensionPath);
  const known = new Map<string, { readonly version: number; readonly analysis: Analysis }>();
  let nextPlace = 0;

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
    async draw(reference) {
      const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(reference.uri, true));
      const analysis = analysisOf(document);
      const { file, document: tree } = analysis;
      const choices = file.models.map(each => each.name).filter(each => each !== '');
      const name = vscode.workspace.asRelativePath(document.uri);
      const model = file.models.find(each => each.name === reference.model) ?? file.models[0];
      if (model === undefined) {
        const reason = `${name} has no model. Begin one with: model name { }`;
        return { message: null, reason, mistake: mistakeIn(analysis), choices, places: [] };
      }
      const view = architectureView(model);
      if (view === undefined) {
        const reason = `The size of ${model.name} is not known: it needs at least vocab and hidden.`;
        return { message: null, reason, mistake: mistakeIn(analysis, model.block), choices, places: [] };
      }
      const places = new Map<string, WrittenPlace>();
      const message = modelMessage(view, {
        reference: { uri: reference.uri, model: model.name },
        source: sourceOf(document.uri, gallery),
        placeOf(origin) {
          const isOwn = origin.document === tree;
          const uri = isOwn ? document.uri.toString() : (gallery.uriOf(origin.document) ?? document.uri.toString());
          const key = `${uri} ${origin.start}`;
          const before = places.get(key);
          if (before !== undefined) return before.number;
          const place = { number: nextPlace++, uri, start: origin.start, end: origin.end };
          places.set(key, place);
          return place.number;
        },
      });
      return { message, reason: '', mistake: '', choices, places: [...places.values()] };
    },
  };
}

/** The first error of an analysis with its line, inside of a span if there is one. */
function mistakeIn({ problems, document }: Analysis, inside?: Span): string {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const first = errors.find(({ start }) => inside && inside.start <= start && start <= inside.end) ?? errors[0];
  if (first === undefined) return '';
  return `Line ${lineAt(lineIndex(document.text), first.start) + 1}: ${first.message}`;
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
