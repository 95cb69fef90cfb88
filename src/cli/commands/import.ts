import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { costsOf } from '../../architecture/costs';
import { formatInteger } from '../../base/format';
import { importConfig } from '../../exchange/hugging-face/import-config';
import { modelNameOf } from '../../exchange/model-name';
import { analyze } from '../../language/analysis/analyze';
import { writeImported } from '../../language/writing/write-imported';
import { writeFileAtomically } from '../../runs/atomic-write';
import { explainSystemError, messageOf } from '../../runs/run-error';
import { CliError, exitCodes } from '../cli-error';
import { shownPath } from '../model-file';
import { alignColumns, print, warn } from '../terminal';

/** supra import: a config.json of Hugging Face as a model of the language, or its exact counts. */
export const importCommand = (): Command =>
  new Command('import')
    .description('turn a Hugging Face config.json into a model file, or count it with --cost')
    .argument('<file>', 'the config.json, or the folder that holds it')
    .option('-o, --out <file>', 'write the model there (without it the model is printed)')
    .option('-n, --name <name>', 'name of the model (that of the folder when left out)')
    .option('--cost', 'print the exact numbers of parameters instead of the model')
    .option('--json', 'print everything as JSON')
    .action((file: string, options: { out?: string; name?: string; cost?: boolean; json?: boolean }) => {
      const path = configPath(file);
      const name = modelNameOf(options.name ?? basename(dirname(resolve(path))));
      const { value, problems } = importConfig(readText(path), name);
      if (value === null) {
        const errors = problems.filter(({ severity }) => severity === 'error').map(({ message }) => message);
        throw new CliError(`${shownPath(resolve(path))} cannot be imported. ${errors.join(' ')}`, exitCodes.notInOrder);
      }
      const warnings = problems.map(({ message }) => message);
      const text = writeImported(value.spec, { modelType: value.modelType, warnings });
      // Sizes that the language does not allow are told as it tells them.
      const refused = analyze(text).problems.map(({ message }) => message);
      if (options.out !== undefined) writeModelFile(options.out, text);
      const counts = countsOf(value.spec);
      if (options.json) {
        const model = options.cost ? {} : { text };
        const notes = { warnings: [...warnings, ...refused] };
        print(JSON.stringify({ name, modelType: value.modelType, ...counts, ...model, ...notes }, null, 2));
      } else {
        for (const warning of [...warnings, ...refused]) warn(`warning: ${warning}`);
        if (options.cost) {
          const rows = Object.entries(counts).map(([key, count]) => [key, formatInteger(count)]);
          for (const line of alignColumns(rows, [1])) print(line);
        } else if (options.out === undefined) process.stdout.write(text);
        else print(`${shownPath(resolve(options.out))} written: ${formatInteger(counts.total)} parameters`);
      }
      if (refused.length > 0) process.exitCode = exitCodes.notInOrder;
    });

/** The counts by the words that papers use for them. */
function countsOf(spec: Parameters<typeof costsOf>[0]) {
  const { total, active, activeNonEmbedding, nonEmbedding, mtp, buffers } = costsOf(spec);
  return { total, active, activeNonEmbedding, nonEmbedding, mtp, routerBias: buffers };
}

function configPath(file: string): string {
  if (!existsSync(file)) throw new CliError(`${file} does not exist. Name a config.json, or a folder that holds one.`);
  if (!statSync(file).isDirectory()) return file;
  const path = join(file, 'config.json');
  if (!existsSync(path)) throw new CliError(`There is no config.json in ${file}.`);
  return path;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CliError(messageOf(explainSystemError(error, `Reading ${path}`)));
  }
}

function writeModelFile(out: string, text: string): void {
  if (existsSync(out)) throw new CliError(`${out} is there already and is not overwritten. Name another file.`);
  try {
    writeFileAtomically(resolve(out), text);
  } catch (error) {
    throw new CliError(messageOf(explainSystemError(error, `Writing ${out}`)));
  }
}
