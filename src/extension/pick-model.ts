import * as vscode from 'vscode';
import { formatCount } from '../base/format';
import type { ModelReference } from '../protocol/model-panel';
import type { DrawnModels } from './drawn-models';
import type { ModelFiles } from './model-files';
import { isReadable } from './pick-run';
import type { RunHub } from './run-hub';
import { snapshotUri } from './snapshots';

interface ModelItem extends vscode.QuickPickItem {
  readonly reference?: ModelReference;
}

/** The model that the user picks to compare with: of the same file, of the workspace, of the gallery, or of a run. */
export async function pickModel(
  shown: ModelReference,
  models: DrawnModels,
  files: ModelFiles,
  hub: RunHub,
): Promise<ModelReference | undefined> {
  const heading = (label: string): ModelItem => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const group = (label: string, items: readonly ModelItem[]) => (items.length === 0 ? [] : [heading(label), ...items]);
  const own = await modelsOf(vscode.Uri.parse(shown.uri), models);
  const others = (await files.list()).filter(uri => uri.toString() !== shown.uri);
  const workspace = (await Promise.all(others.map(uri => modelsOf(uri, models)))).flat();
  const gallery = models.gallery.names.flatMap((model): readonly ModelItem[] => {
    const document = models.gallery.find(model);
    const uri = document && models.gallery.uriOf(document);
    return uri === undefined ? [] : [{ label: model, description: 'gallery', reference: { uri, model } }];
  });
  const runs = hub
    .list()
    .filter(isReadable)
    .map((run): ModelItem => {
      const { name, spec, parameters } = run.record;
      const reference = { uri: snapshotUri(run).toString(), model: spec.model.name };
      return { label: name, description: `${formatCount(parameters)} parameters · ${run.id}`, reference };
    });
  const items = [
    ...group(
      'This file',
      own.filter(({ reference }) => reference?.model !== shown.model),
    ),
    ...group('Workspace', workspace),
    ...group('Gallery', gallery),
    ...group('Runs', runs),
  ];
  const placeHolder = `Compare ${shown.model} with which model?`;
  return (await vscode.window.showQuickPick(items, { placeHolder, matchOnDescription: true }))?.reference;
}

/** The models of a file; none of one that cannot be read. */
async function modelsOf(uri: vscode.Uri, models: DrawnModels): Promise<readonly ModelItem[]> {
  try {
    const document = await vscode.workspace.openTextDocument(uri);
    const { file } = models.analysisOf(document);
    return file.models
      .filter(({ name }) => name !== '')
      .map(({ name }) => ({
        label: name,
        description: vscode.workspace.asRelativePath(uri),
        reference: { uri: uri.toString(), model: name },
      }));
  } catch {
    return [];
  }
}
