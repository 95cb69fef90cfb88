import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { completeModel } from '../../architecture/complete-spec';
import { costsOf } from '../../architecture/costs';
import { tokensPerStep } from '../../architecture/model';
import { formatInteger } from '../../base/format';
import { exportConfig } from '../../exchange/hugging-face/export-config';
import { modelCard } from '../../exchange/hugging-face/model-card';
import { writeFolder } from '../../exchange/hugging-face/write-folder';
import { openSafetensors } from '../../exchange/safetensors';
import { runPaths } from '../../runs/run-folder';
import { readHistory } from '../../runs/run-history';
import { findRun, type ReadableRun } from '../../runs/run-store';
import { type Checkpoint, listCheckpoints, modelFile } from '../../training/checkpoint';
import { loadRunTokenizer } from '../../training/run-tokenizer';
import { CliError, exitCodes } from '../cli-error';
import { supraVersion } from '../package-info';
import { print } from '../terminal';

interface ExportOptions {
  readonly to: 'hf';
  readonly out?: string;
  readonly checkpoint: 'best' | 'last';
  readonly dtype: 'f32' | 'bf16';
}

/** supra export: a trained model as a folder that transformers loads. */
export const exportCommand = (): Command =>
  new Command('export')
    .description('write a trained model as a folder that Hugging Face transformers loads')
    .argument('[run]', 'which run', 'last')
    .addOption(new Option('--to <format>', 'what to write').choices(['hf']).default('hf'))
    .option('-o, --out <folder>', 'folder to write (a new one named after the run when left out)')
    .addOption(new Option('--checkpoint <which>', 'which weights').choices(['best', 'last']).default('best'))
    .addOption(new Option('--dtype <format>', 'number format of the weights').choices(['f32', 'bf16']).default('f32'))
    .action(async (wanted: string, options: ExportOptions) => {
      const run = findRun(process.cwd(), wanted);
      const checkpoint = checkpointOf(run, options.checkpoint);
      const out = resolve(options.out ?? `${run.id}-hf`);
      if (existsSync(out))
        throw new CliError(`${out} is there already and is not overwritten. Name another folder with --out.`);
      // Written aside, so that a folder of this name is whole or not there.
      const aside = join(dirname(out), `.writing-${process.pid}-${run.id}`);
      try {
        mkdirSync(aside, { recursive: true });
        const modelType = await writeRun(aside, run, checkpoint, options);
        renameSync(aside, out);
        print(`${out} written: step ${formatInteger(checkpoint.step)} of ${run.id}, as ${modelType}`);
      } finally {
        rmSync(aside, { recursive: true, force: true });
      }
    });

function checkpointOf({ folder, id, record }: ReadableRun, which: ExportOptions['checkpoint']): Checkpoint {
  const all = listCheckpoints(folder);
  const best = which === 'best' ? all.find(({ step }) => step === record.best?.step) : undefined;
  const checkpoint = best ?? all[0];
  if (checkpoint === undefined) throw new CliError(`${id} has no checkpoint yet. Train it further: supra resume ${id}`);
  return checkpoint;
}

/** Writes everything of a run; answers with the class it became. */
async function writeRun(
  target: string,
  { folder, record }: ReadableRun,
  checkpoint: Checkpoint,
  { dtype }: ExportOptions,
): Promise<string> {
  const spec = completeModel(record.spec.model);
  const { value, problems } = exportConfig(spec);
  if (value === null) throw new CliError(problems.join('\n  '), exitCodes.notInOrder);
  const tokenizer = await loadRunTokenizer(folder);
  const end = tokenizer.endOfText;
  const tokens = end === null ? {} : { bos_token_id: end, eos_token_id: end };
  const weights = await readWeights(join(checkpoint.path, modelFile));
  await writeFolder(target, spec, {
    config: { ...value.config, ...tokens },
    modelType: value.modelType,
    dtype: dtype === 'f32' ? 'F32' : 'BF16',
    read: path => {
      const data = weights.get(path);
      if (data === undefined)
        throw new CliError(`${checkpoint.path} lacks the tensor ${path}. It belongs to another model.`);
      return data;
    },
  });
  const paths = runPaths(folder);
  const write = (name: string, content: unknown) =>
    writeFileSync(join(target, name), `${JSON.stringify(content, null, 2)}\n`);
  writeFileSync(join(target, 'tokenizer.json'), readFileSync(paths.tokenizer));
  write('tokenizer_config.json', {
    tokenizer_class: 'PreTrainedTokenizerFast',
    model_max_length: spec.context,
    clean_up_tokenization_spaces: false,
    ...endToken(folder),
  });
  write('generation_config.json', { do_sample: true, temperature: record.spec.train.temperature || 1, ...tokens });
  const { evals } = await readHistory(folder);
  const card = modelCard({
    name: record.name,
    source: existsSync(paths.source) ? readFileSync(paths.source, 'utf8') : '',
    costs: costsOf(spec),
    modelType: value.modelType,
    tokens: checkpoint.step * tokensPerStep(record.spec),
    evals,
    seed: record.seed,
    supra: supraVersion(),
  });
  writeFileSync(join(target, 'README.md'), card);
  return value.modelType;
}

/** The end token by name, as the run keeps it. */
function endToken(folder: string): Readonly<Record<string, unknown>> {
  const path = join(folder, 'tokenizer_config.json');
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
}

async function readWeights(path: string): Promise<ReadonlyMap<string, Float32Array>> {
  const file = await openSafetensors(path);
  try {
    const weights = new Map<string, Float32Array>();
    for (const name of file.entries.keys()) weights.set(name, await file.floats(name));
    return weights;
  } finally {
    await file.close();
  }
}
