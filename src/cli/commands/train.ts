import { Command } from 'commander';
import { withSolvedValues } from '../../language/features/solved';
import { createRun } from '../../runs/create-run';
import { trainInBackground, trainInForeground } from '../follow-training';
import { countOf, expectNoErrors, readModelFile, trainBlock } from '../model-file';
import { supraVersion } from '../package-info';
import { print, terminalOf, warn } from '../terminal';

interface TrainOptions {
  readonly name?: string;
  readonly as?: string;
  readonly detach?: boolean;
}

/** supra train: makes a run of a train block and trains it in a process of its own. */
export const trainCommand = (): Command =>
  new Command('train')
    .description('train a model on this machine, with a live view')
    .argument('[file]', 'model file (model.supra when left out)')
    .option('-n, --name <train>', 'which train block, where there are several')
    .option('--as <name>', "name of the run (the model's name when left out)")
    .option('-d, --detach', 'train in the background, also after this terminal is closed')
    .addHelpText(
      'after',
      '\nCtrl-C stops cleanly: the run keeps a checkpoint and goes on with supra resume, bit for bit.\nThe engine is chosen by itself; SUPRA_BACKEND = native, tensorflow or fallback asks for one.',
    )
    .action(async (name: string | undefined, options: TrainOptions) => {
      const terminal = terminalOf();
      const file = readModelFile(name);
      expectNoErrors(file, terminal);
      const warnings = countOf(file.diagnostics.filter(({ severity }) => severity === 'warning'));
      if (warnings !== '') warn(`${file.shown}: ${warnings}; supra check ${file.shown} says more`);
      const { experiment, name: block } = trainBlock(file, options.name);
      const root = process.cwd();
      const label = options.as ?? (block === '' ? undefined : block);
      const { folder, record } = createRun(root, {
        spec: experiment,
        source: withSolvedValues(file.analysed),
        file: file.shown,
        supraVersion: supraVersion(),
        ...(label === undefined ? {} : { name: label }),
      });
      if (options.detach) {
        trainInBackground({ runFolder: folder, root, mode: 'start' });
        print(
          `${record.id} trains in the background. supra watch ${record.id} shows it, supra runs stop ${record.id} stops it.`,
        );
        return;
      }
      const code = await trainInForeground({ runFolder: folder, root, mode: 'start' }, terminal);
      print(nextSteps(record.id));
      process.exitCode = code;
    });

/** What one may want to do with a run that just ended. */
export function nextSteps(id: string): string {
  return `run ${id}   supra sample ${id}   supra report ${id}`;
}
