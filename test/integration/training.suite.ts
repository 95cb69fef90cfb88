import * as assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { commands } from '../../src/extension/commands';
import { listRuns, type ReadableRun } from '../../src/runs/run-store';
import { whales } from '../support/model-file';
import { tiny } from './models';
import { findRun, readableRuns } from './runs';
import { folder, openFile, until, writeFile } from './workspace';

const root = () => folder().fsPath;
const steps = (id: string): number =>
  readFileSync(path.join(root(), '.supra/runs', id, 'metrics.jsonl'), 'utf8').split('"kind":"step"').length - 1;

/** Starts a training by its command and waits for the run it makes. */
async function train(file: string, name: string): Promise<ReadableRun> {
  const uri = vscode.Uri.joinPath(folder(), file);
  await vscode.commands.executeCommand(commands.trainModel.id, uri.toString(), '');
  return (await until(
    `the run ${name}`,
    () => findRun(name),
    found => found !== undefined,
  )) as ReadableRun;
}

const reaches = (name: string, ...statuses: string[]) =>
  until(
    `${name} to be ${statuses.join(' or ')}`,
    () => findRun(name)?.status ?? 'missing',
    status => statuses.includes(status),
  );

suite('Training', () => {
  suiteSetup(async () => {
    await writeFile('text.txt', whales(400));
  });

  test('a model is trained to its end as a task, and its run is recorded', async () => {
    await openFile('short.supra', tiny(60, 'short'));
    const ended = new Promise<vscode.Task>(resolve => {
      const listener = vscode.tasks.onDidEndTask(({ execution }) => {
        listener.dispose();
        resolve(execution.task);
      });
    });
    const { id } = await train('short.supra', 'short');
    await reaches('short', 'completed');
    assert.equal((await ended).definition.type, 'supra');
    assert.equal(steps(id), 60);
    const tabs = vscode.window.tabGroups.all.flatMap(group => group.tabs.map(tab => tab.label));
    assert.ok(
      tabs.some(label => label.startsWith('Training')),
      tabs.join(', '),
    );
  });

  test('a run goes on from another one, named by its id; what is not there is refused', async () => {
    const { id } = findRun('short') ?? assert.fail('Expected the run.');
    const startingFrom = (start: string) => tiny(20, 'short').replace('train {', `train {\n  start = "${start}"`);
    await openFile('again.supra', startingFrom(id).replace('model short', 'model again'));
    const again = await train('again.supra', 'again');
    await reaches('again', 'completed');
    const { startedFrom } = findRun('again')?.record ?? again.record;
    assert.equal(startedFrom?.title, `run ${id}, step 60`);
    const before = readableRuns().length;
    const broken = await openFile('nowhere.supra', startingFrom('nowhere'));
    void vscode.commands.executeCommand(commands.trainModel.id, broken.uri.toString(), '');
    await until(
      'the cursor at the start',
      () => vscode.window.activeTextEditor?.selection.active.line ?? 0,
      line => broken.lineAt(line).text.includes('nowhere'),
    );
    assert.equal(readableRuns().length, before);
  });

  test('a task of tasks.json can be found', async () => {
    const tasks = await vscode.tasks.fetchTasks({ type: 'supra' });
    assert.ok(tasks.some(task => task.definition.file === 'short.supra'));
  });

  test('a run is paused, goes on, is stopped, and goes on again from there', async () => {
    await openFile('long.supra', tiny(100_000, 'long'));
    const { id } = await train('long.supra', 'long');
    await until(
      'steps',
      () => findRun('long')?.record.stepsDone ?? 0,
      done => done > 0,
    );
    await vscode.commands.executeCommand(commands.pauseRun.id, id);
    await reaches('long', 'paused');
    const atPause = steps(id);
    await new Promise(resolve => setTimeout(resolve, 500));
    assert.equal(steps(id), atPause, 'a paused run makes no steps');
    await vscode.commands.executeCommand(commands.resumeRun.id, id);
    await until(
      'more steps',
      () => steps(id),
      count => count > atPause,
    );
    await vscode.commands.executeCommand(commands.stopRun.id, id);
    await reaches('long', 'stopped');
    const atStop = steps(id);
    await vscode.commands.executeCommand(commands.resumeRun.id, id);
    await until(
      'steps after the stop',
      () => steps(id),
      count => count > atStop,
    );
    await vscode.commands.executeCommand(commands.stopRun.id, id);
    await reaches('long', 'stopped');
  });

  test('a file with an error is not trained; the error is shown', async () => {
    const before = readableRuns().length;
    const broken = await openFile('broken.supra', tiny(10, 'broken').replace('heads = 2', 'heads = two'));
    void vscode.commands.executeCommand(commands.trainModel.id, broken.uri.toString(), '');
    await until(
      'the cursor at the error',
      () => vscode.window.activeTextEditor?.selection.active.line ?? 0,
      line => broken.lineAt(line).text.includes('heads'),
    );
    assert.equal(readableRuns().length, before);
  });

  test('a run folder that cannot be read is listed, and harms nobody', async () => {
    const damaged = path.join(root(), '.supra/runs/20200101-000000-damaged');
    mkdirSync(damaged, { recursive: true });
    writeFileSync(path.join(damaged, 'run.json'), '{ "version": 1, "id"');
    const [id] = readableRuns().map(entry => entry.id);
    assert.ok(id !== undefined);
    // A line that a killed process wrote half.
    appendFileSync(path.join(root(), '.supra/runs', id, 'metrics.jsonl'), '{"kind":"st');
    await vscode.commands.executeCommand(commands.refreshRuns.id);
    assert.ok(listRuns(root()).some(entry => entry.record === null));
    await vscode.commands.executeCommand(commands.showRun.id, id);
    await until(
      'the panel',
      () => vscode.window.tabGroups.all.flatMap(group => group.tabs.map(tab => tab.label)),
      labels => labels.some(label => label.startsWith('Training')),
    );
  });

  test('two runs are compared, and their models diffed', async () => {
    const ids = readableRuns().map(entry => entry.id);
    assert.ok(ids.length >= 2);
    await vscode.commands.executeCommand(commands.compareRuns.id, ids.slice(0, 2));
    await until(
      'the comparison',
      () => vscode.window.tabGroups.all.flatMap(group => group.tabs.map(tab => tab.label)),
      labels => labels.includes('Compare Runs'),
    );
    await vscode.commands.executeCommand(commands.diffRuns.id, ids.slice(0, 2));
    await until(
      'the diff',
      () => vscode.window.tabGroups.activeTabGroup.activeTab?.input,
      input => input instanceof vscode.TabInputTextDiff,
    );
  });
});
