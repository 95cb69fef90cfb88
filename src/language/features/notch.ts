import { cacheElementBytes, costsOf, runFlops, trainingMemory } from '../../architecture/costs';
import type { Field } from '../../architecture/fields';
import { tokensPerStep } from '../../architecture/model';
import { formatBytes, formatFlops, formatInteger, formatPercent } from '../../base/format';
import type { ResolvedBlock } from '../analysis/resolved';
import type { NumberLiteral } from '../syntax/tree';
import { type Analysed, analysed } from './analysed';
import { blockCosts } from './block-cost';
import { readValue } from './wording';

/** What a number of a file contributes, and what the next smaller and larger one would change. */

/** A quantity of a model or run with one number as it is, or as it would be. */
type Costs = ReadonlyMap<string, number>;
type Show = (value: number) => string;

const shows: Readonly<Record<string, Show>> = {
  parameters: formatInteger,
  'active per token': formatInteger,
  'FLOP per token, training': formatFlops,
  'KV cache at full context': formatBytes,
  tokens: formatInteger,
  'FLOP of the whole run': formatFlops,
  'memory, estimated': formatBytes,
};

/** How many neighbours are tried in each direction: a hover may take some milliseconds, not more. */
const tries = 6;

/** A neighbour of a number that the file accepts as it accepts the number, and the file with it. */
interface Neighbour {
  readonly value: number;
  readonly costs: Costs;
}

/** Markdown for a number inside a model or a train block; undefined where no cost depends on it. */
export function notchMarkdown(
  file: Analysed,
  block: ResolvedBlock,
  number: NumberLiteral,
  field: Field | undefined,
): string | undefined {
  const here = costsAround(file, number.start);
  if (here === undefined) return undefined;
  const around = candidates(number.value, field);
  const smaller = firstAccepted(file, number, around.smaller);
  const larger = firstAccepted(file, number, around.larger);
  const rows = [...here].flatMap(([what, now]) => {
    const show = shows[what] ?? String;
    const change = (neighbour: Neighbour | undefined): string => {
      const then = neighbour?.costs.get(what);
      if (then === undefined) return '';
      if (then === now) return '=';
      return `${then < now ? '−' : '+'}${show(Math.abs(then - now))} (${formatPercent(Math.abs(then - now) / Math.max(1, now))})`;
    };
    const [less, more] = [change(smaller), change(larger)];
    return (less === '' || less === '=') && (more === '' || more === '=')
      ? []
      : [`| ${what} | ${less} | ${show(now)} | ${more} |`];
  });
  if (rows.length === 0) return undefined;
  const head = (neighbour: Neighbour | undefined) => (neighbour ? readValue(neighbour.value, { kind: 'number' }) : '');
  const table = [
    `| | ${head(smaller)} | **${readValue(number.value, { kind: 'number' })}** | ${head(larger)} |`,
    '|:--|--:|--:|--:|',
    ...rows,
  ].join('\n');
  return [contribution(file, block), table].filter(part => part !== '').join('\n\n');
}

/** What the block that the number stands in costs: the nearest one around it that has parameters. */
function contribution(file: Analysed, block: ResolvedBlock): string {
  const costs = blockCosts(file.file);
  for (let at: ResolvedBlock | undefined = block; at; at = at.parent) {
    const cost = at.block && costs.get(at.block);
    if (!cost || cost.what === 'model' || cost.each.total === 0) continue;
    const { each, uses, share, model } = cost;
    const times = uses > 1 ? `${formatInteger(uses)} × ${formatInteger(each.total)} = ` : '';
    return `\`${at.word}\`: ${times}${formatInteger(each.total * uses)} parameters, ${formatPercent(share)} of ${model.name}`;
  }
  return '';
}

/** The costs of the model or run whose text holds an offset. */
function costsAround({ file }: Analysed, offset: number): Costs | undefined {
  const holds = ({ block }: { readonly block: { readonly start: number; readonly end: number } }) =>
    block.start <= offset && offset <= block.end;
  const spec = file.models.find(holds)?.spec;
  if (spec) {
    const costs = costsOf(spec);
    return new Map([
      ['parameters', costs.total],
      ...(costs.active === costs.total ? [] : [['active per token', costs.active] as const]),
      ['FLOP per token, training', costs.trainingFlopsPerToken],
      ['KV cache at full context', costs.cacheElements * cacheElementBytes],
    ]);
  }
  const experiment = file.trains.find(holds)?.experiment;
  if (!experiment) return undefined;
  return new Map([
    ['tokens', tokensPerStep(experiment) * experiment.train.steps],
    ['FLOP of the whole run', runFlops(experiment)],
    ['memory, estimated', trainingMemory(experiment).totalBytes],
  ]);
}

/** The values next to a number that people would try, nearest first. */
function candidates(
  value: number,
  field: Field | undefined,
): { readonly smaller: number[]; readonly larger: number[] } {
  if (!Number.isInteger(value) || value < 0) return { smaller: [], larger: [] };
  const step = stepOf(value, field);
  const counts = Array.from({ length: tries - 1 }, (_, index) => index + 1);
  // Far neighbours last: heads must divide the hidden size, and their doubles do where the next number does not.
  const larger = [...counts.map(count => (Math.floor(value / step) + count) * step), 2 * value];
  const smaller = [...counts.map(count => (Math.ceil(value / step) - count) * step), Math.floor(value / 2)];
  return { smaller: smaller.filter(each => each > 0 && each < value), larger: larger.filter(each => each > value) };
}

/** Distance between sensible values: the field's own, or what the number itself is a multiple of. */
function stepOf(value: number, field: Field | undefined): number {
  const own = field !== undefined && 'step' in field ? field.step : undefined;
  if (own !== undefined && value % own === 0) return own;
  if (value >= 1000 && value % 1000 === 0) return 10 ** Math.floor(Math.log10(value));
  return [64, 8].find(size => value >= 4 * size && value % size === 0) ?? 1;
}

/** The first value with which the file has no problem that it lacks now; without one, the first that still gives costs. */
function firstAccepted(file: Analysed, number: NumberLiteral, values: readonly number[]): Neighbour | undefined {
  let fallback: Neighbour | undefined;
  for (const value of values) {
    const text = `${file.text.slice(0, number.start)}${value}${file.text.slice(number.end)}`;
    const then = analysed(text, file.options);
    const costs = costsAround(then, number.start);
    if (costs === undefined || count(then, 'error') > count(file, 'error')) continue;
    if (then.problems.length <= file.problems.length) return { value, costs };
    fallback ??= { value, costs };
  }
  return fallback;
}

const count = ({ problems }: Analysed, severity: string): number =>
  problems.filter(problem => problem.severity === severity).length;
