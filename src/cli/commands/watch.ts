import { Command } from 'commander';
import { findRun } from '../../runs/run-store';
import { watchRun } from '../follow-training';
import { terminalOf } from '../terminal';

/** supra watch: the live view of a run that another process trains. */
export const watchCommand = (): Command =>
  new Command('watch')
    .description('show a run that trains elsewhere; Ctrl-C leaves it running')
    .argument('[run]', 'which run', 'last')
    .action(async (wanted: string) => {
      await watchRun(findRun(process.cwd(), wanted).folder, terminalOf());
    });
