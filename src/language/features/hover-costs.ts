import { cacheElementBytes, checkpointBytes, costsOf, runFlops, trainingMemory } from '../../architecture/costs';
import { type ExperimentSpec, type ModelSpec, tokensPerStep } from '../../architecture/model';
import { formatBytes, formatFlops, formatInteger, formatMeasure, formatPercent } from '../../base/format';
import type { ResolvedModel } from '../analysis/resolved';
import type { BlockCost } from './block-cost';

/** The costs of a whole model as a table. */
export function modelMarkdown({ name, approximate }: ResolvedModel, spec: ModelSpec): string {
  const costs = costsOf(spec);
  const share = (count: number) => `${formatInteger(count)} (${formatPercent(count / Math.max(1, costs.total))})`;
  const cache = (elements: number) => formatBytes(elements * cacheElementBytes);
  const rows: (readonly [string, string])[] = [
    ['parameters', `**${formatInteger(costs.total)}**`],
    ...(costs.active === costs.total ? [] : [['active per token', formatInteger(costs.active)] as const]),
    ['embedding', share(costs.embedding)],
    ['head', spec.tied ? 'the embedding again' : share(costs.head)],
    ...costs.layers.map(layer => {
      const times =
        layer.layers === 1
          ? formatInteger(layer.total)
          : `${formatInteger(layer.layers)} × ${formatInteger(layer.total)}`;
      return [
        layer.name,
        `${times} (${formatPercent((layer.layers * layer.total) / Math.max(1, costs.total))})`,
      ] as const;
    }),
    ['FLOP per token, forward', formatFlops(costs.forwardFlopsPerToken)],
    ['FLOP per token, training', formatFlops(costs.trainingFlopsPerToken)],
    ['KV cache per token', cache(costs.cacheElementsPerToken)],
    [`KV cache at ${formatInteger(spec.context)} tokens`, cache(costs.cacheElements)],
    ['checkpoint', formatBytes(checkpointBytes(costs))],
    ...(costs.mtp === 0 ? [] : [['prediction modules, not counted', formatInteger(costs.mtp)] as const]),
    ...(costs.buffers === 0 ? [] : [['buffers, not counted', formatInteger(costs.buffers)] as const]),
  ];
  const near = approximate ? '\n\nNear, not exact: something in the model is broken.' : '';
  return `${table(`**model** \`${name}\``, rows)}${near}`;
}

/** The costs of a kind of layer, by its parts. */
export function layerMarkdown({ each, uses, share, model, layer }: BlockCost, name: string): string {
  const parts = [...(layer?.parts ?? [])].map(([part, { total }]) => {
    return [part, `${formatInteger(total)} (${formatPercent(total / Math.max(1, each.total))})`] as const;
  });
  const rows: (readonly [string, string])[] = [
    ...parts,
    ['one layer', `**${formatInteger(each.total)}**`],
    ...(each.active === each.total ? [] : [['active per token', formatInteger(each.active)] as const]),
    ['layers', uses === 0 ? 'not used in the pattern' : formatInteger(uses)],
    ...(uses > 1 ? [['all of them', formatInteger(uses * each.total)] as const] : []),
    [`share of ${model.name}`, formatPercent(share)],
  ];
  return table(`**layer** \`${name}\``, rows);
}

/** What a run will read and need. */
export function runMarkdown(experiment: ExperimentSpec, name: string): string {
  const { model, train } = experiment;
  const perStep = tokensPerStep(experiment);
  const memory = trainingMemory(experiment);
  const rows: (readonly [string, string])[] = [
    ['model', `${model.name}, ${formatInteger(costsOf(model).total)} parameters`],
    ['steps', formatInteger(train.steps)],
    ['tokens per step', formatInteger(perStep)],
    ['tokens', formatInteger(perStep * train.steps)],
    ['tokens per parameter', formatMeasure((perStep * train.steps) / Math.max(1, costsOf(model).total))],
    ['FLOP of the whole run', formatFlops(runFlops(experiment))],
    ['memory, estimated', `**${formatBytes(memory.totalBytes)}**`],
    ['of it weights and gradients', formatBytes(memory.weightsBytes + memory.gradientsBytes)],
    ['of it the optimizer', formatBytes(memory.optimizerBytes)],
    ...(memory.emaBytes === 0 ? [] : [['of it the average of the weights', formatBytes(memory.emaBytes)] as const]),
    ['of it activations', formatBytes(memory.activationsBytes)],
  ];
  return table(name === '' ? '**train**' : `**train** \`${name}\``, rows);
}

const table = (title: string, rows: readonly (readonly [string, string])[]): string =>
  [`${title}\n`, '| | |', '|:--|--:|', ...rows.map(([what, value]) => `| ${what} | ${value} |`)].join('\n');
