import * as path from 'node:path';
import * as vscode from 'vscode';
import { positionAt } from '../base/text';
import { type Facts, noFacts } from '../language/analysis/checks/check';
import type { ResolvedTrain } from '../language/analysis/resolved';
import { type Analysed, analysed } from '../language/features/analysed';
import { diagnostics } from '../language/features/diagnostics';
import { withSolvedValues } from '../language/features/solved';
import { readGallery } from '../server/gallery';
import type { ModelFiles } from './model-files';
import { UserError } from './register-command';
import { saveDocument } from './save-document';
import { workspaceRoot } from './workspace';

/** A train block that is ready to run. */
export interface ReadyTrain {
  readonly name: string;
  readonly experiment: NonNullable<ResolvedTrain['experiment']>;
  /** The file, with numbers in place of `auto`. */
  readonly text: string;
}

/** The model file that a command is about: the one named, the active editor, or the only one of the workspace. */
export async function findModelFile(files: ModelFiles, uri: unknown): Promise<vscode.Uri | undefined> {
  if (typeof uri === 'string') return vscode.Uri.parse(uri, true);
  if (uri instanceof vscode.Uri) return uri;
  const active = vscode.window.activeTextEditor?.document;
  if (active?.languageId === 'supra' && active.uri.scheme === 'file') return active.uri;
  const found = await files.list();
  const [only] = found;
  if (only === undefined) {
    throw new UserError('There is no .supra file in this folder. Make one with Supra: New Model…');
  }
  if (found.length === 1) return only;
  const items = found.map(file => ({ label: vscode.workspace.asRelativePath(file), file }));
  return (await vscode.window.showQuickPick(items, { placeHolder: 'Which model file?' }))?.file;
}

/** Reads a file as the language understands it, saved first so that the run is about what is on disk. */
export async function readModel(
  uri: vscode.Uri,
  extensionPath: string,
): Promise<{ document: vscode.TextDocument; result: Analysed }> {
  const document = await vscode.workspace.openTextDocument(uri);
  if (!(await saveDocument(document))) {
    throw new UserError(`${path.basename(uri.fsPath)} could not be saved, so nothing was started.`);
  }
  const gallery = readGallery(extensionPath);
  const options = { findModel: gallery.find, galleryNames: gallery.names };
  const result = analysed(document.getText(), options);
  const folder = workspaceRoot(uri);
  if (folder === undefined || !result.file.trains.some(({ spec }) => (spec?.start ?? null) !== null)) {
    return { document, result };
  }
  const { lookUpStart } = await import('./exchange.js');
  const startOf: Facts['startOf'] = (start, model) => lookUpStart(folder, start, model);
  return { document, result: analysed(document.getText(), options, { ...noFacts, startOf }) };
}

/**
 * The train block to run. With errors in the file nothing is started: the first one is shown instead, because a run of
 * another model than the one written would be worse than none.
 */
export async function chooseTrain(
  document: vscode.TextDocument,
  result: Analysed,
  name: string | undefined,
): Promise<ReadyTrain | undefined> {
  const file = path.basename(document.uri.fsPath);
  const errors = diagnostics(result).filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (first !== undefined) {
    const { line, character } = positionAt(result.lines, first.start);
    const place = new vscode.Position(line, character);
    await vscode.window.showTextDocument(document, { selection: new vscode.Range(place, place) });
    const more = errors.length === 1 ? '' : ` (and ${errors.length - 1} more)`;
    throw new UserError(`${file}, line ${line + 1}: ${first.message}${more}`);
  }
  const { trains } = result.file;
  if (trains.length === 0) {
    throw new UserError(`${file} has no train block, so there is nothing to train. Add one, at least: train { }`);
  }
  const train =
    name === undefined
      ? trains.length === 1
        ? trains[0]
        : await pickTrain(trains)
      : trains.find(candidate => candidate.name === name);
  if (train === undefined) {
    if (name === undefined) return undefined;
    throw new UserError(
      `${file} has no train block called '${name}'. It may have been renamed: try again from the file.`,
    );
  }
  if (train.experiment === undefined) {
    throw new UserError(`The model of this train block is not known. The problems of ${file} say why.`);
  }
  return { name: train.name, experiment: train.experiment, text: withSolvedValues(result) };
}

async function pickTrain(trains: readonly ResolvedTrain[]): Promise<ResolvedTrain | undefined> {
  const items = trains.map(train => ({
    label: train.name === '' ? 'train' : train.name,
    description: train.model?.name ?? '',
    train,
  }));
  return (await vscode.window.showQuickPick(items, { placeHolder: 'Which train block?' }))?.train;
}
