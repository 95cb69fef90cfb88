import { cacheElementBytes, costsOf } from '../../architecture/costs';
import { formatBytes, formatCount, formatEstimate, formatFlops, formatInteger } from '../../base/format';
import type { Span } from '../../base/text';
import type { ResolvedModel, ResolvedTrain } from '../analysis/resolved';
import type { Analysed } from './analysed';
import { sizeOf } from './block-cost';
import { estimateRun, type Machine } from './machine';
import { missWords } from './solved';

/** A line of text or a button above a block. `part` says which; what it reads is computed when it is seen. */
export interface CodeLens {
  readonly span: Span;
  readonly part: LensPart;
  /** Which of the models or runs of the file. */
  readonly index: number;
}
const modelParts = ['size', 'flops', 'cache', 'training', 'draw'] as const;
const trainParts = ['train', 'compare', 'run'] as const;
export const lensParts = [...modelParts, ...trainParts] as const;
export type LensPart = (typeof lensParts)[number];

export interface LensText {
  readonly title: string;
  readonly tooltip: string;
  /** What a click does; `undefined` for text. */
  readonly action:
    | {
        readonly kind: 'train' | 'compare' | 'draw' /** The train block or model, as it is called. */;
        readonly name: string;
      }
    | undefined;
}

/** Where lenses stand. */
export function codeLenses({ file }: Analysed): readonly CodeLens[] {
  const models = file.models.flatMap((model, index) =>
    model.spec
      ? modelParts
          .filter(part => part !== 'training' || runOf(file.trains, model) !== undefined)
          .map((part): CodeLens => ({ span: model.block.keyword, part, index }))
      : [],
  );
  const trains = file.trains.flatMap((train, index) =>
    trainParts
      .filter(part => part !== 'run' || train.experiment !== undefined)
      .map((part): CodeLens => ({ span: train.block.keyword, part, index })),
  );
  return [...models, ...trains].sort((a, b) => a.span.start - b.span.start);
}

/** What a lens reads. Undefined if it is from another version of the file. */
export function lensText(
  { file }: Analysed,
  { part, index }: Pick<CodeLens, 'part' | 'index'>,
  machine: Machine,
): LensText | undefined {
  const model = file.models[index];
  const train = file.trains[index];
  switch (part) {
    case 'train':
      return (
        train && {
          title: '▶ Train',
          tooltip: 'Train this model on this machine',
          action: { kind: 'train', name: train.name },
        }
      );
    case 'compare':
      return train && { title: 'Compare', tooltip: 'Compare runs', action: { kind: 'compare', name: train.name } };
    case 'run':
      return train && runText(train, machine);
    case 'draw':
      return (
        model?.spec && {
          title: 'Show Architecture',
          tooltip: 'Draw this model beside its text',
          action: { kind: 'draw', name: model.name },
        }
      );
    default:
      return model?.spec && modelText(model, part, file.trains, machine);
  }
}

function modelText(
  model: ResolvedModel,
  part: 'size' | 'flops' | 'cache' | 'training',
  trains: readonly ResolvedTrain[],
  machine: Machine,
): LensText | undefined {
  const { spec } = model;
  if (!spec) return undefined;
  const near = model.approximate ? '≈ ' : '';
  if (part === 'size') {
    const { total, active } = sizeOf(spec);
    const used = active === total ? '' : ` (${formatCount(active)} active)`;
    const { mtp } = costsOf(spec);
    const ahead = mtp === 0 ? '' : ` + ${formatCount(mtp)} mtp`;
    const exact = `${formatInteger(total)} parameters${active === total ? '' : `, ${formatInteger(active)} active per token`}${mtp === 0 ? '' : `; ${formatInteger(mtp)} more in prediction modules, for training`}`;
    const budget = budgetOf(model);
    const miss = budget === undefined ? '' : ` · ${missWords(total, budget)}`;
    const aim = budget === undefined ? '' : `, for a budget of ${formatInteger(budget)}`;
    return text(`${near}${formatCount(total)} parameters${used}${ahead}${miss}`, `${exact}${aim}`);
  }
  if (part === 'training') {
    const run = runOf(trains, model);
    return run && runText(run, machine, 'Training ');
  }
  const costs = costsOf(spec);
  if (part === 'flops') {
    const { forwardFlopsPerToken: forward, trainingFlopsPerToken: training } = costs;
    const tooltip = `${formatInteger(forward)} FLOP per token forward at a full context of ${formatInteger(spec.context)}, ${formatInteger(training)} while training`;
    return text(`${near}${formatFlops(forward, '/token')}`, tooltip);
  }
  const bytes = costs.cacheElements * cacheElementBytes;
  const tooltip = `${formatInteger(costs.cacheElements)} numbers of 16 bits at a full context of ${formatInteger(spec.context)}, windows respected`;
  return text(`${near}KV cache ${formatBytes(bytes)}`, tooltip);
}

/** Steps, memory and time of a run; behind `label` without the steps. */
function runText({ experiment, approximate }: ResolvedTrain, machine: Machine, label = ''): LensText | undefined {
  if (!experiment) return undefined;
  const { memoryBytes, durationMs } = estimateRun(experiment, machine);
  const { steps } = experiment.train;
  const length = label === '' ? [`${formatInteger(steps)} ${steps === 1 ? 'step' : 'steps'}`] : [];
  const time = durationMs === null ? [] : [`${formatEstimate(durationMs)} here`];
  const title = `${label}${[...length, formatBytes(memoryBytes), ...time].join(' · ')}`;
  const tooltip = `Estimates: memory for weights, gradients, optimizer and activations${durationMs === null ? '' : '; time from a benchmark of this machine'}`;
  return text(`${approximate ? '≈ ' : ''}${title}`, tooltip);
}

/** The parameters that a model is meant to have, if it says so. */
function budgetOf({ resolved }: ResolvedModel): number | undefined {
  const value = resolved.settings.get('budget')?.value;
  return typeof value === 'number' ? value : undefined;
}

const text = (title: string, tooltip: string): LensText => ({ title, tooltip, action: undefined });

/** The first run that trains a model and is complete. */
const runOf = (trains: readonly ResolvedTrain[], model: ResolvedModel): ResolvedTrain | undefined =>
  trains.find(train => train.model === model && train.experiment !== undefined);
