import { Command } from 'commander';
import { requestControl } from '../../runs/run-control';
import { isActive } from '../../runs/run-status';
import { findRun } from '../../runs/run-store';
import { CliError } from '../cli-error';
import { trainInBackground, trainInForeground, watchRun } from '../follow-training';
import { print, terminalOf } from '../terminal';
import { nextSteps } from './train';

/** supra resume: goes on with a run that was stopped, interrupted, failed or paused. */
export const resumeCommand = (): Command =>
  new Command('resume')
    .description('go on with a run from its last checkpoint, as if it had never stopped')
    .argument('[run]', 'which run', 'last')
    .option('-d, --detach', 'train in the background, also after this terminal is closed')
    .action(async (wanted: string, options: { detach?: boolean }) => {
      const terminal = terminalOf();
      const root = process.cwd();
      const { id, folder, status } = findRun(root, wanted);
      if (status === 'completed') {
        throw new CliError(`${id} is completed; there is nothing to resume. Train anew with more steps: supra train`);
      }
      if (isActive(status)) {
        requestControl(folder, 'resume');
        if (options.detach) print(`${id} goes on.`);
        else await watchRun(folder, terminal);
        return;
      }
      if (options.detach) {
        trainInBackground({ runFolder: folder, root, mode: 'resume' });
        print(`${id} goes on in the background. supra watch ${id} shows it.`);
        return;
      }
      process.exitCode = await trainInForeground({ runFolder: folder, root, mode: 'resume' }, terminal);
      print(nextSteps(id));
    });
