import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { formatCount, formatInteger, formatMeasure } from '../../base/format';
import type { ControlRequest } from '../../protocol/run-records';
import { requestControl } from '../../runs/run-control';
import { isActive } from '../../runs/run-status';
import { deleteRun, findRun, listRuns, renameRun } from '../../runs/run-store';
import { harmless } from '../../runs/terminal-text';
import { CliError } from '../cli-error';
import { alignColumns, print, terminalOf } from '../terminal';

/** supra runs: what has been trained here, and what to do with it. */
export const runsCommand = (): Command =>
  new Command('runs')
    .description('list the runs of this folder; rename, delete, pause, stop them')
    .addCommand(
      new Command('list')
        .description('list all runs, newest first (what supra runs does by itself)')
        .option('--json', 'print them as JSON')
        .action((options: { json?: boolean }) => list(options)),
      { isDefault: true },
    )
    .addCommand(
      new Command('rename')
        .description('give a run another name')
        .argument('<run>')
        .argument('<name>')
        .action((wanted: string, name: string) => {
          const run = findRun(process.cwd(), wanted);
          renameRun(run.folder, name);
          print(`${run.id} is now called ${name}`);
        }),
    )
    .addCommand(
      new Command('delete')
        .description('delete runs with their checkpoints, for good')
        .argument('<runs...>')
        .option('-y, --yes', 'do not ask')
        .action(async (wanted: string[], options: { yes?: boolean }) => {
          const runs = wanted.map(name => findRun(process.cwd(), name));
          const names = runs.map(run => `${run.id} (${run.record.name})`).join(', ');
          if (!options.yes && !(await confirm(`Delete ${names} for good?`))) return;
          for (const run of runs) {
            deleteRun(run.folder);
            print(`${run.id} deleted`);
          }
        }),
    )
    .addCommand(controlCommand('stop', 'stop a run, with a checkpoint'))
    .addCommand(controlCommand('pause', 'let a run wait until supra resume'));

function controlCommand(request: Extract<ControlRequest, 'stop' | 'pause'>, description: string): Command {
  return new Command(request)
    .description(description)
    .argument('[run]', 'which run', 'last')
    .action((wanted: string) => {
      const run = findRun(process.cwd(), wanted);
      if (!isActive(run.status)) throw new CliError(`${run.id} is ${run.status}; nobody trains it.`);
      requestControl(run.folder, request);
      print(`${run.id} will ${request} after its present step`);
    });
}

function list({ json }: { json?: boolean }): void {
  const runs = listRuns(process.cwd());
  if (json) {
    const rows = runs.map(run =>
      run.record === null
        ? { id: run.id, problem: run.problem }
        : { ...run.record, status: run.status, spec: undefined, folder: run.folder },
    );
    print(JSON.stringify(rows, null, 2));
    return;
  }
  if (runs.length === 0) {
    print('There are no runs here. Start one with: supra train');
    return;
  }
  const { paint } = terminalOf();
  const rows = runs.map(run =>
    run.record === null
      ? [run.id, '', paint('red', 'unreadable'), '', '', run.problem]
      : [
          run.id,
          harmless(run.record.name),
          paint(colorOf(run.status), run.status),
          `${formatInteger(run.record.stepsDone)}/${formatInteger(run.record.spec.train.steps)}`,
          formatCount(run.record.parameters),
          run.record.best === null ? '-' : formatMeasure(run.record.best.loss),
        ],
  );
  const header = ['run', 'name', 'status', 'steps', 'parameters', 'best validation loss'].map(word =>
    paint('dim', word),
  );
  for (const line of alignColumns([header, ...rows], [3, 4])) print(line);
}

const colorOf = (status: string) =>
  status === 'completed' ? 'green' : status === 'failed' || status === 'interrupted' ? 'red' : 'yellow';

async function confirm(question: string): Promise<boolean> {
  if (process.stdin.isTTY !== true) throw new CliError(`${question} Nobody is there to answer; say it with --yes.`);
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await asking.question(`${question} [y/N] `)).trim());
  } finally {
    asking.close();
  }
}
