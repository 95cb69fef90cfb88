import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { parse } from '../../language/syntax/parser';
import { format } from '../../language/syntax/printer';
import { writeFileAtomically } from '../../runs/atomic-write';
import { explainSystemError, messageOf } from '../../runs/run-error';
import { CliError, exitCodes } from '../cli-error';
import { readModelFile } from '../model-file';
import { plural, print, warn } from '../terminal';

/** supra format: the canonical form of a file, printed, compared or written. */
export const formatCommand = (): Command =>
  new Command('format')
    .description('bring a model into its canonical form')
    .argument('[files...]', 'model files (model.supra when left out)')
    .option('--check', 'only say which files are not in that form; exit 1 if one is not')
    .option('--write', 'change the files (without it the result is printed)')
    .action((files: string[], options: { check?: boolean; write?: boolean }) => {
      const paths = (files.length === 0 ? [undefined] : files).map(file => readModelFile(file));
      let differing = 0;
      for (const { path, shown } of paths) {
        const text = readText(path);
        if (parse(text).problems.length > 0) {
          warn(`${shown} has mistakes in its form and is left as it is. See: supra check ${shown}`);
          process.exitCode = exitCodes.notInOrder;
          continue;
        }
        const formatted = format(text);
        if (!options.check && !options.write) process.stdout.write(formatted);
        if (formatted === text) continue;
        differing++;
        if (options.check) print(`${shown} is not formatted`);
        if (options.write) write(path, formatted);
        if (options.write) print(`${shown} formatted`);
      }
      if (options.check && differing > 0) {
        warn(`${plural(differing, 'file')} to format: supra format --write`);
        process.exitCode = exitCodes.notInOrder;
      }
    });

function readText(path: string): string {
  return readFileSync(path, 'utf8');
}

function write(path: string, text: string): void {
  try {
    writeFileAtomically(path, text);
  } catch (error) {
    throw new CliError(messageOf(explainSystemError(error, `Writing ${path}`)));
  }
}
