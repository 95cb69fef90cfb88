import * as path from 'node:path';
import * as vscode from 'vscode';
import { createRun } from '../runs/create-run';
import { isActive } from '../runs/run-status';
import type { ModelFiles } from './model-files';
import { chooseTrain, findModelFile, readModel } from './model-text';
import { expectRun } from './pick-run';
import { registerCommand, UserError } from './register-command';
import type { RunHub } from './run-hub';
import { createRunTerminal, type RunLaunch } from './run-terminal';
import type { TrainingPanels } from './training-panels';
import { expectRoot, expectTrust } from './workspace';

/** `"type": "supra"` in tasks.json. package.json declares these properties. */
interface TrainDefinition extends vscode.TaskDefinition {
  readonly type: typeof taskType;
  /** Model file, relative to the folder. */
  readonly file?: string;
  /** Name of the train block, where there are several. */
  readonly train?: string;
  /** A run to go on with, instead of a file. */
  readonly run?: string;
}

const taskType = 'supra';

/** Train Model, as a command and as a task of tasks.json; Resume Run. */
export function activateTraining(
  context: vscode.ExtensionContext,
  hub: RunHub,
  panels: TrainingPanels,
  modelFiles: ModelFiles,
): Training {
  let leaving = false;
  context.subscriptions.push({
    dispose: () => {
      leaving = true;
    },
  });
  const taskOf = (definition: TrainDefinition, scope?: vscode.WorkspaceFolder): vscode.Task => {
    const named = definition.run ?? definition.train ?? definition.file ?? 'model';
    const task = new vscode.Task(
      definition,
      scope ?? vscode.TaskScope.Workspace,
      definition.run === undefined ? `train ${named}` : `resume ${named}`,
      'Supra',
      new vscode.CustomExecution(async () =>
        createRunTerminal({
          extensionPath: context.extensionPath,
          prepare: () => prepare(definition, scope),
          onMessage: panels.tell,
          isLeaving: () => leaving,
        }),
      ),
      [],
    );
    task.presentationOptions = { reveal: vscode.TaskRevealKind.Always, panel: vscode.TaskPanelKind.Dedicated };
    task.detail = 'Train a model on this machine, with live curves';
    return task;
  };

  async function prepare(definition: TrainDefinition, scope?: vscode.WorkspaceFolder): Promise<RunLaunch | undefined> {
    expectTrust();
    const root = scope?.uri.fsPath ?? expectRoot();
    if (definition.run !== undefined) {
      const run = expectRun(hub, definition.run);
      if (isActive(run.status)) throw new UserError(`The run ${run.record.name} is being trained already.`);
      panels.show(run.id);
      return { runFolder: run.folder, root, mode: 'resume' };
    }
    const named = definition.file === undefined ? undefined : vscode.Uri.file(path.resolve(root, definition.file));
    const uri = await findModelFile(modelFiles, named);
    if (uri === undefined) return undefined;
    const { document, result } = await readModel(uri, context.extensionPath);
    const train = await chooseTrain(document, result, definition.train);
    if (train === undefined) return undefined;
    const { folder, record } = createRun(root, {
      spec: train.experiment,
      source: train.text,
      file: path.relative(root, uri.fsPath),
      supraVersion: String(context.extension.packageJSON.version),
      ...(train.name === '' ? {} : { name: train.name }),
    });
    hub.refresh();
    panels.show(record.id);
    return { runFolder: folder, root, mode: 'start' };
  }

  const start = async (definition: TrainDefinition, uri?: vscode.Uri): Promise<void> => {
    const folder =
      uri === undefined ? vscode.workspace.workspaceFolders?.[0] : vscode.workspace.getWorkspaceFolder(uri);
    await vscode.tasks.executeTask(taskOf(definition, folder ?? vscode.workspace.workspaceFolders?.[0]));
  };

  context.subscriptions.push(
    vscode.tasks.registerTaskProvider(taskType, {
      async provideTasks() {
        const files = await modelFiles.list();
        return files.flatMap(file => {
          const folder = vscode.workspace.getWorkspaceFolder(file);
          if (folder === undefined) return [];
          return [taskOf({ type: taskType, file: path.relative(folder.uri.fsPath, file.fsPath) }, folder)];
        });
      },
      resolveTask: task =>
        taskOf(task.definition as TrainDefinition, typeof task.scope === 'object' ? task.scope : undefined),
    }),
    registerCommand('trainModel', async (uri, train) => {
      expectTrust();
      const file = await findModelFile(modelFiles, uri);
      if (file === undefined) return;
      const root = expectRoot(file);
      const relative = path.relative(root, file.fsPath);
      if (relative.startsWith('..') || path.isAbsolute(relative)) {
        throw new UserError(
          'This file lies outside of the open folder, and its run would have no place. Open its folder.',
        );
      }
      // Errors and the choice of a block belong to the command: a task that fails at once would only flash by.
      const { document, result } = await readModel(file, context.extensionPath);
      const chosen = await chooseTrain(document, result, typeof train === 'string' ? train : undefined);
      if (chosen === undefined) return;
      await start({ type: taskType, file: relative, ...(chosen.name === '' ? {} : { train: chosen.name }) }, file);
    }),
  );
  return { resume: id => start({ type: taskType, run: id }) };
}

export interface Training {
  /** Starts a trainer on a run that ended before its last step. */
  resume(id: string): Promise<void>;
}
