import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { commands } from '../../src/extension/commands';
import { tiny } from './models';
import { expectRun, findRun, readableRuns } from './runs';
import { seen } from './window-watch';
import { openFile, until } from './workspace';

/** Does something that must be refused in these words, and must start nothing. */
async function refused(what: RegExp, action: () => PromiseLike<unknown>): Promise<void> {
  const [shown, present] = [seen.shownErrors.length, readableRuns().length];
  await action();
  const said = await until(
    'a message',
    () => seen.shownErrors.slice(shown).join('\n'),
    text => text !== '',
  );
  assert.match(said, what);
  assert.equal(readableRuns().length, present);
}

/** Comes after the suite that trains: it needs a run that is done and one that was stopped. */
suite('Refusals', () => {
  test('a file without a train block: says what to add', async () => {
    await openFile('untrained.supra', tiny(30, 'untrained').split('\ntrain {')[0] ?? '');
    await refused(/untrained\.supra has no train block/, () => vscode.commands.executeCommand(commands.trainModel.id));
  });

  test('a run that is done neither goes on nor pauses', async () => {
    const { id } = expectRun('short');
    await refused(/done all its steps/, () => vscode.commands.executeCommand(commands.resumeRun.id, id));
    await refused(/not being trained/, () => vscode.commands.executeCommand(commands.pauseRun.id, id));
  });

  test('a run that was deleted cannot be shown', async () => {
    await refused(/not in this folder any more/, () => vscode.commands.executeCommand(commands.showRun.id, 'gone'));
  });

  test('two train blocks: the command asks which, and trains that one', async () => {
    const [model = '', block = ''] = tiny(30, 'twice').split('\ntrain {');
    const second = block.replace(/steps( +)= 30/, 'steps$1= 20');
    await openFile('twice.supra', `${model}\ntrain longer {${block}\ntrain shorter {${second}`);
    let offered: readonly string[] = [];
    seen.answerPick = labels => {
      offered = labels;
      return 1;
    };
    await vscode.commands.executeCommand(commands.trainModel.id);
    await until(
      'the run',
      () => findRun('shorter')?.status,
      status => status === 'completed',
    );
    assert.deepEqual(offered, ['longer', 'shorter']);
    assert.equal(expectRun('shorter').record.stepsDone, 20);
  });

  test('a click on a row of the runs view opens nothing while nothing is chosen', async () => {
    const before = seen.shownErrors.length;
    await vscode.commands.executeCommand(commands.openSelectedRun.id);
    assert.equal(seen.shownErrors.length, before);
  });
});
