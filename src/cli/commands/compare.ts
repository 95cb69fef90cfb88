import { Command } from 'commander';
import { compareRuns } from '../../runs/compare-runs';
import { comparisonCsv, comparisonMarkdown, curvesCsv, summaryTable } from '../../runs/export-comparison';
import { harmless } from '../../runs/terminal-text';
import { CliError } from '../cli-error';
import { readRuns } from '../read-runs';
import { alignColumns, print, terminalOf } from '../terminal';
import { writeReport, writeText } from './report';

interface CompareOptions {
  readonly csv?: string | true;
  readonly markdown?: string | true;
  readonly html?: string;
  readonly points?: string;
}

/** supra compare: runs side by side; without options as a table in the terminal. */
export const compareCommand = (): Command =>
  new Command('compare')
    .description('lay runs side by side: their values, and only the settings that differ')
    .argument('<runs...>', 'two or more runs')
    .option('--csv [file]', 'one line per run, exact values')
    .option('--markdown [file]', 'tables for a README or an issue')
    .option('--html <file>', 'curves over each other, in one file for a browser')
    .option('--points <file>', 'every recorded point of every run, as CSV')
    .action(async (wanted: string[], options: CompareOptions) => {
      const runs = await readRuns(wanted);
      if (runs.length < 2) throw new CliError('A comparison needs at least two different runs. See: supra runs');
      const comparison = compareRuns(runs);
      if (options.html !== undefined) writeReport(runs, options.html);
      if (options.points !== undefined) writeText(options.points, curvesCsv(runs));
      emit(options.csv, () => comparisonCsv(comparison));
      emit(options.markdown, () => comparisonMarkdown(comparison));
      for (const file of [options.html, options.points, options.csv, options.markdown]) {
        if (typeof file === 'string') print(`${file} written`);
      }
      if (Object.keys(options).length > 0) return;
      const { paint } = terminalOf();
      const header = ['', ...runs.map(run => paint('bold', harmless(run.record.name)))];
      const values = summaryTable(comparison).map(row => [paint('dim', row.label), ...row.values]);
      const right = runs.map((_, index) => index + 1);
      for (const line of alignColumns([header, ...values], right)) print(line);
      print();
      const settings = comparison.differences.map(({ path, values: each }) => [
        paint('dim', path),
        ...each.map(value => harmless(value ?? '-')),
      ]);
      if (settings.length === 0) print('No setting differs.');
      else for (const line of alignColumns([header, ...settings], right)) print(line);
    });

function emit(target: string | true | undefined, make: () => string): void {
  if (target === undefined) return;
  if (target === true) process.stdout.write(make());
  else writeText(target, make());
}
