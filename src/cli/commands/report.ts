import { Command } from 'commander';
import { writeFileAtomically } from '../../runs/atomic-write';
import { type ReportedRun, reportData } from '../../runs/report-data';
import { explainSystemError, messageOf } from '../../runs/run-error';
import { CliError } from '../cli-error';
import { supraVersion } from '../package-info';
import { readRuns } from '../read-runs';
import { reportHtml } from '../report-html';
import { print } from '../terminal';

/** supra report: the curves of a run as one HTML file. */
export const reportCommand = (): Command =>
  new Command('report')
    .description('write an HTML file with the curves, samples and facts of a run')
    .argument('[run]', 'which run', 'last')
    .option('-o, --output <file>', 'the file to write (report-<run>.html when left out)')
    .action(async (wanted: string, options: { output?: string }) => {
      const runs = await readRuns([wanted]);
      const file = options.output ?? `report-${runs[0]?.record.id}.html`;
      writeReport(runs, file);
      print(`${file} written; open it in a browser`);
    });

/** Writes the report of some runs. */
export function writeReport(runs: readonly ReportedRun[], file: string): void {
  const names = runs.map(run => run.record.name).join(', ');
  const title = runs.length === 1 ? names : `Comparison of ${names}`;
  const made = `Written by Supra ${supraVersion()} on ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  writeText(file, reportHtml(reportData(runs, { title, made })));
}

/** Writes a file that the user named. */
export function writeText(file: string, text: string): void {
  try {
    writeFileAtomically(file, text);
  } catch (error) {
    throw new CliError(messageOf(explainSystemError(error, `Writing ${file}`)));
  }
}
