import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { formatInteger } from '../../base/format';
import { ExportError, type ExportFormat, exportFormats, exportName, exportRun } from '../../exchange/export-run';
import { type GgufType, ggufTypes } from '../../exchange/gguf/number-types';
import { findRun } from '../../runs/run-store';
import { CliError, exitCodes } from '../cli-error';
import { supraVersion } from '../package-info';
import { print } from '../terminal';

interface ExportOptions {
  readonly to: ExportFormat;
  readonly out?: string;
  readonly checkpoint: 'best' | 'last';
  readonly type: GgufType;
}

/** supra export: a trained model in the format of others. */
export const exportCommand = (): Command =>
  new Command('export')
    .description('write a trained model for Hugging Face transformers or llama.cpp')
    .argument('[run]', 'which run', 'last')
    .addOption(
      new Option('--to <format>', `what to write: ${formatsInWords()}`)
        .choices(Object.keys(exportFormats))
        .default('hf'),
    )
    .option('-o, --out <path>', 'folder or file to write (a new one named after the run when left out)')
    .addOption(new Option('--checkpoint <which>', 'which weights').choices(['best', 'last']).default('best'))
    .addOption(
      new Option('--type <format>', 'number format of the weights; f16 and q8_0 for gguf only')
        .choices([...ggufTypes])
        .default('f32'),
    )
    .action(async (wanted: string, options: ExportOptions) => {
      const run = findRun(process.cwd(), wanted);
      const { to, type, checkpoint } = options;
      const out = resolve(options.out ?? exportName(run.id, to));
      const exported = await exportRun({ run, to, type, out, checkpoint, supra: supraVersion() }).catch(asCliError);
      print(`${out} written: step ${formatInteger(exported.step)} of ${run.id}, as ${exported.became}`);
    });

const formatsInWords = (): string =>
  Object.entries(exportFormats)
    .map(([format, { doc }]) => `${format}, ${doc}`)
    .join('; ');

function asCliError(error: unknown): never {
  if (!(error instanceof ExportError)) throw error;
  throw new CliError(error.message, error.reason === 'unfit' ? exitCodes.notInOrder : exitCodes.couldNotRun);
}
