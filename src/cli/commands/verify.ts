import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { costsOf } from '../../architecture/costs';
import { formatInteger } from '../../base/format';
import { CheckpointError, openCheckpoint } from '../../exchange/hugging-face/checkpoint';
import { importConfig } from '../../exchange/hugging-face/import-config';
import { type LoadedWeights, loadWeights } from '../../exchange/hugging-face/load-weights';
import { SafetensorsError } from '../../exchange/safetensors';
import { CliError, exitCodes } from '../cli-error';
import { print, warn } from '../terminal';

/** Larger models are looked through tensor by tensor, but not put into the engine. */
const mostElements = 1e9;

/** supra verify: whether a folder of Hugging Face is loaded whole, and answers as recorded. */
export const verifyCommand = (): Command =>
  new Command('verify')
    .description('load a Hugging Face folder into the engine and compare it with recorded outputs')
    .argument(
      '<folder>',
      'folder with config.json and model.safetensors; io.safetensors and meta.json beside them are compared with',
    )
    .option('--backend <name>', 'engine to use: native, tensorflow, fallback or auto')
    .action(async (folder: string, options: { backend?: string }) => {
      const path = join(folder, 'config.json');
      if (!existsSync(path)) throw new CliError(`There is no config.json in ${folder}.`);
      const { value, problems } = importConfig(readFileSync(path, 'utf8'));
      if (value === null) {
        throw new CliError(
          `${path} cannot be imported. ${problems.map(({ message }) => message).join(' ')}`,
          exitCodes.notInOrder,
        );
      }
      const loaded = await load(folder, value);
      const { spec, missing, unexpected, wrongShape } = loaded;
      const tensors = loaded.weights.size;
      const notes = [...problems.map(({ message }) => message), ...loaded.notes];
      const facts = {
        modelType: value.modelType,
        parameters: costsOf(spec).total,
        tensors,
        missing,
        unexpected,
        wrongShape,
        notes,
      };
      const isWhole = missing.length + unexpected.length + wrongShape.length === 0;
      if (!isWhole) {
        print(JSON.stringify({ ok: false, ...facts }, null, 2));
        for (const line of troubles(loaded)) warn(line);
        process.exitCode = exitCodes.notInOrder;
        return;
      }
      const outcome = await run(folder, loaded, value.modelType, options.backend);
      const ok = outcome.comparison?.withinTolerance ?? true;
      print(JSON.stringify({ ok, ...facts, ...outcome }, null, 2));
      if (!ok) process.exitCode = exitCodes.notInOrder;
    });

async function load(
  folder: string,
  { spec, modelType }: { readonly spec: LoadedWeights['spec']; readonly modelType: string },
): Promise<LoadedWeights> {
  try {
    const checkpoint = await openCheckpoint(folder);
    try {
      return await loadWeights(spec, modelType, checkpoint);
    } finally {
      await checkpoint.close();
    }
  } catch (error) {
    if (error instanceof CheckpointError || error instanceof SafetensorsError) throw new CliError(error.message);
    throw error;
  }
}

const troubles = ({ missing, unexpected, wrongShape }: LoadedWeights): readonly string[] => [
  ...missing.map(name => `missing: ${name}`),
  ...unexpected.map(name => `unexpected: ${name}`),
  ...wrongShape.map(problem => `wrong shape: ${problem}`),
];

async function run(folder: string, loaded: LoadedWeights, modelType: string, backend: string | undefined) {
  const { total } = costsOf(loaded.spec);
  if (total > mostElements) {
    return {
      backend: null,
      note: `${formatInteger(total)} parameters were read, too many to be put into the engine here.`,
      comparison: null,
    };
  }
  const { useBackend } = await import('../../engine/backends/choose-backend');
  const { wantedBackend, backendVariable } = await import('../../training/start-engine');
  const { createModel } = await import('../../engine/model');
  const { compareReference, hasReference } = await import('../compare-reference');
  const wanted = wantedBackend(backend === undefined ? process.env : { [backendVariable]: backend });
  const chosen = await useBackend(wanted);
  const model = createModel(loaded.spec, { weights: loaded.weights });
  try {
    const comparison = hasReference(folder) ? await compareReference(folder, model, modelType) : null;
    return { backend: chosen.id, comparison };
  } catch (error) {
    if (error instanceof SafetensorsError) throw new CliError(error.message);
    throw error;
  } finally {
    model.dispose();
  }
}
