import type * as vscode from 'vscode';
import { activateComparePanel } from './compare-panel';
import { activateExportRun } from './export-run';
import { activateImportConfig } from './import-config';
import { activateLanguage } from './language-client';
import { activateMachine } from './machine';
import { activateModelFiles } from './model-files';
import { activateModelPanel } from './model-panel';
import { activateNewModel } from './new-model';
import { activateOpenArchitecture } from './open-architecture';
import { output } from './output';
import { activateRunCommands, control } from './run-commands';
import { createRunHub } from './run-hub';
import { activateRunsTree } from './runs-tree';
import { activateSnapshots } from './snapshots';
import { activateStatusBar } from './status-bar';
import { activateTraining, type Training } from './train-task';
import { activateTrainingPanels } from './training-panels';

/** Everything that the extension is. Runs first: they work even where the language server cannot start. */
export function activate(context: vscode.ExtensionContext): void {
  context.subscriptions.push(output());
  const hub = createRunHub(context);
  let training: Training;
  const panels = activateTrainingPanels(context, hub, {
    control: (id, request) => control(hub, training, id, request),
  });
  const files = activateModelFiles(context);
  training = activateTraining(context, hub, panels, files);
  activateModelPanel(context, hub, files);
  const compare = activateComparePanel(context, hub);
  const tree = activateRunsTree(context, hub);
  activateSnapshots(context, hub);
  activateRunCommands(context, { hub, training, panels, compare, selection: () => tree.selection });
  activateNewModel(context);
  activateOpenArchitecture(context);
  activateImportConfig(context);
  activateExportRun(context, hub);
  const language = activateLanguage(context);
  activateStatusBar(context, language);
  activateMachine(context, language, hub);
}
