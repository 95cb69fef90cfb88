import { Command } from 'commander';
import { positionAt } from '../../base/text';
import { exitCodes } from '../cli-error';
import { countOf, diagnosticLines, readModelFile } from '../model-file';
import { print, terminalOf } from '../terminal';

/** supra check: what the editor would underline, as compilers print it. */
export const checkCommand = (): Command =>
  new Command('check')
    .description('say what is wrong with a model, as file:line:column')
    .argument('[files...]', 'model files (model.supra when left out)')
    .option('--json', 'print the problems as JSON')
    .option('--strict', 'count warnings as errors')
    .action((files: string[], options: { json?: boolean; strict?: boolean }) => {
      const terminal = terminalOf();
      const read = (files.length === 0 ? [undefined] : files).map(file => readModelFile(file));
      const all = read.flatMap(file => file.diagnostics);
      if (options.json) {
        const rows = read.flatMap(file =>
          file.diagnostics.map(({ code, severity, message, page, start }) => {
            const { line, character } = positionAt(file.analysed.lines, start);
            return {
              file: file.shown,
              line: line + 1,
              column: character + 1,
              severity,
              code,
              message,
              docs: `docs/${page}`,
            };
          }),
        );
        print(JSON.stringify(rows, null, 2));
      } else {
        for (const file of read) {
          for (const found of file.diagnostics) for (const line of diagnosticLines(file, found, terminal)) print(line);
        }
        print(
          all.length === 0 ? `${read.map(file => file.shown).join(', ')}: nothing to complain about` : countOf(all),
        );
      }
      const isBad = (severity: string) => severity === 'error' || (options.strict === true && severity === 'warning');
      if (all.some(found => isBad(found.severity))) process.exitCode = exitCodes.notInOrder;
    });
