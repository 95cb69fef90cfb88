import { totalmem } from 'node:os';
import { Command } from 'commander';
import {
  cacheElementBytes,
  checkpointBytes,
  costsOf,
  type ModelCosts,
  runFlops,
  trainingMemory,
} from '../../architecture/costs';
import type { ExperimentSpec, ModelSpec } from '../../architecture/model';
import { tokensPerStep } from '../../architecture/model';
import { formatBytes, formatCount, formatEstimate, formatFlops, formatInteger, formatPercent } from '../../base/format';
import type { ResolvedModel } from '../../language/analysis/resolved';
import { missWords } from '../../language/features/solved';
import { CliError, exitCodes } from '../cli-error';
import { expectNoErrors, readModelFile } from '../model-file';
import { alignColumns, plural, print, terminalOf } from '../terminal';

/** supra cost: exact counts and analytic costs of the models of a file, and what its runs take. */
export const costCommand = (): Command =>
  new Command('cost')
    .description('count parameters, FLOPs, cache and memory of a model, exactly')
    .argument('[file]', 'model file (model.supra when left out)')
    .option('-m, --model <name>', 'only this model')
    .option('--time', 'measure this machine for two seconds and estimate how long training takes')
    .option('--json', 'print all numbers as JSON')
    .action(async (name: string | undefined, options: { model?: string; time?: boolean; json?: boolean }) => {
      const terminal = terminalOf();
      const file = readModelFile(name);
      expectNoErrors(file, terminal);
      const { models, trains } = file.analysed.file;
      const chosen = models.flatMap(model =>
        model.spec !== undefined && (options.model ?? model.name) === model.name
          ? [{ ...model, spec: model.spec }]
          : [],
      );
      const specs = chosen.map(({ spec }) => spec);
      if (specs.length === 0) {
        throw new CliError(
          options.model === undefined
            ? `${file.shown} has no model.`
            : `${file.shown} has no model '${options.model}'. There are: ${models.map(model => model.name).join(', ')}.`,
          exitCodes.notInOrder,
        );
      }
      const flopsPerSecond = options.time ? await measure() : null;
      const runs = trains.flatMap(train =>
        train.experiment !== undefined && specs.some(spec => spec.name === train.experiment?.model.name)
          ? [{ name: train.name, experiment: train.experiment }]
          : [],
      );
      if (options.json) {
        print(
          JSON.stringify(
            { models: chosen.map(modelNumbers), runs: runs.map(run => runNumbers(run, flopsPerSecond)) },
            null,
            2,
          ),
        );
        return;
      }
      const { paint } = terminal;
      for (const model of chosen) {
        print(paint('bold', model.name));
        for (const line of alignColumns(modelRows(model))) print(`  ${line}`);
      }
      for (const run of runs) {
        print(paint('bold', `train ${run.name || run.experiment.model.name}`));
        for (const line of alignColumns(runRows(run.experiment, flopsPerSecond))) print(`  ${line}`);
      }
    });

async function measure(): Promise<number> {
  const { useBackend } = await import('../../engine/backends/choose-backend');
  const { benchmarkMachine } = await import('../../engine/benchmark');
  const { wantedBackend } = await import('../../training/start-engine');
  return (await benchmarkMachine(await useBackend(wantedBackend()))).flopsPerSecond;
}

type CountedModel = ResolvedModel & { readonly spec: ModelSpec };

function modelNumbers({ spec, solved }: CountedModel) {
  const costs = costsOf(spec);
  return {
    name: spec.name,
    total: costs.total,
    ...(solved && { budget: solved.budget, solved: { setting: solved.name, value: solved.best.value } }),
    active: costs.active,
    embedding: costs.embedding,
    head: costs.head,
    nonEmbedding: costs.nonEmbedding,
    activeNonEmbedding: costs.activeNonEmbedding,
    mtp: costs.mtp,
    buffers: costs.buffers,
    layers: costs.layers.map(layer => ({
      name: layer.name,
      layers: layer.layers,
      each: layer.total,
      parts: Object.fromEntries([...layer.parts].map(([part, count]) => [part, count.total])),
    })),
    forwardFlopsPerToken: costs.forwardFlopsPerToken,
    trainingFlopsPerToken: costs.trainingFlopsPerToken,
    cacheBytesPerToken: costs.cacheElementsPerToken * cacheElementBytes,
    cacheBytes: costs.cacheElements * cacheElementBytes,
    checkpointBytes: checkpointBytes(costs),
  };
}

const runNumbers = (
  { name, experiment }: { readonly name: string; readonly experiment: ExperimentSpec },
  flopsPerSecond: number | null,
) => ({
  name,
  model: experiment.model.name,
  start: experiment.train.start ?? null,
  steps: experiment.train.steps,
  tokens: experiment.train.steps * tokensPerStep(experiment),
  flops: runFlops(experiment),
  memoryBytes: trainingMemory(experiment).totalBytes,
  estimatedSeconds: flopsPerSecond === null ? null : runFlops(experiment) / flopsPerSecond,
});

function modelRows({ spec, solved }: CountedModel): string[][] {
  const costs = costsOf(spec);
  const share = (part: number) => `${formatInteger(part)} (${formatPercent(part / costs.total)})`;
  return [
    ['parameters', formatInteger(costs.total)],
    ...(solved === undefined
      ? []
      : [
          [
            'budget',
            `${formatInteger(solved.budget)}, met by ${solved.name} with auto = ${formatInteger(solved.best.value)} (${missWords(costs.total, solved.budget)})`,
          ],
        ]),
    ...(costs.active === costs.total ? [] : [['active per token', share(costs.active)]]),
    ['embedding', share(costs.embedding)],
    ...(costs.head === 0 ? [] : [['head', share(costs.head)]]),
    ['without embedding', share(costs.nonEmbedding)],
    ...costs.layers.map(layer => layerRow(layer)),
    ...(costs.mtp === 0 ? [] : [['mtp', `${formatInteger(costs.mtp)} on top, for training only`]]),
    ['forward', formatFlops(costs.forwardFlopsPerToken, '/token')],
    ['training', formatFlops(costs.trainingFlopsPerToken, '/token')],
    ['KV cache', `${formatBytes(costs.cacheElementsPerToken * cacheElementBytes)}/token`],
    [
      '',
      `${formatBytes(costs.cacheElements * cacheElementBytes)} at the full context of ${formatInteger(spec.context)} tokens`,
    ],
    ['checkpoint', formatBytes(checkpointBytes(costs))],
  ];
}

function layerRow(layer: ModelCosts['layers'][number]): string[] {
  const parts = [...layer.parts].map(([part, count]) => `${part} ${formatInteger(count.total)}`).join(', ');
  return [`${layer.name} x ${layer.layers}`, `${formatInteger(layer.total)} each: ${parts}`];
}

function runRows(experiment: ExperimentSpec, flopsPerSecond: number | null): string[][] {
  const memory = trainingMemory(experiment);
  const flops = runFlops(experiment);
  const tokens = experiment.train.steps * tokensPerStep(experiment);
  const start = experiment.train.start ?? null;
  return [
    ...(start === null ? [] : [['starts from', start]]),
    ['length', `${plural(experiment.train.steps, 'step')}, ${formatCount(tokens)} tokens`],
    ['FLOPs', formatFlops(flops)],
    [
      'memory',
      `about ${formatBytes(memory.totalBytes)} of ${formatBytes(totalmem())} (activations ${formatBytes(memory.activationsBytes)})`,
    ],
    [
      'time',
      flopsPerSecond === null
        ? 'not measured (--time measures this machine)'
        : `${formatEstimate((flops / flopsPerSecond) * 1000)} here, an estimate at ${formatFlops(flopsPerSecond, '/s')}`,
    ],
  ];
}
