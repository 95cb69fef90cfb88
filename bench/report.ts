import { costsOf } from '../src/architecture/costs';
import { markdownRows } from './document';
import type { Measured, ShapeResult } from './measure';
import { kindOf } from './peers';
import { experimentOf, shapeOf, tokensPerStep } from './shapes';

/** One row of the result: a peer on a shape, as texts. */
type Row = readonly string[];

const head: Row = [
  'shape',
  'peer',
  'tokens/s',
  'step ms',
  '± %',
  'of peak %',
  '× torch.compile',
  '× torch eager',
  'MiB',
  'MiB of model',
  '× memory',
];

/** The results as rows of texts, the head first. Ratios are to PyTorch in the same number format, in the same run. */
function rowsOf(results: readonly ShapeResult[]): Row[] {
  return [head, ...results.flatMap(result => result.measured.map(measured => rowOf(measured, result)))];
}

function rowOf(measured: Measured, result: ShapeResult): Row {
  const { shape, peer, tokensPerSecond, medianMs, spread, stepMs, peakBytes, modelBytes, slow } = measured;
  const { precision } = kindOf(peer);
  const other = (mode: string) => result.measured.find(each => each.peer === `torch-${mode}-${precision}`);
  const speed = (mode: string) => ratio(tokensPerSecond, other(mode)?.tokensPerSecond);
  return [
    shape,
    peer,
    tokensPerSecond.toFixed(0),
    medianMs.toFixed(medianMs < 100 ? 2 : 0),
    slow || stepMs.length < 2 ? '1 step' : (100 * spread).toFixed(1),
    (100 * shareOfPeak(measured, result)).toFixed(0),
    speed('compile'),
    speed('eager'),
    mebi(peakBytes),
    mebi(modelBytes),
    ratio(peakBytes, other('compile')?.peakBytes),
  ];
}

/** FLOPs of the model per second, as its costs count them, over what the best matrix product of this run reaches. */
export function shareOfPeak({ shape: name, peer, medianMs }: Measured, { limits }: ShapeResult): number {
  const shape = shapeOf(name);
  const flops = costsOf(experimentOf(shape).model).trainingFlopsPerToken * tokensPerStep(shape);
  return (1000 * flops) / medianMs / (limits[kindOf(peer).precision]?.flopsPerSecond ?? Number.NaN);
}

/** For a terminal. */
export function textTable(results: readonly ShapeResult[]): string {
  const rows = rowsOf(results);
  const widths = head.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)));
  const line = (row: Row) =>
    row.map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)));
  return [...rows.map(row => line(row).join('  ')), ...footnotes(results)].join('\n');
}

/** For docs/performance.md. */
export function markdownTable(results: readonly ShapeResult[]): string {
  const [first = [], ...rest] = rowsOf(results);
  return [markdownRows(first, rest, 2), '', ...footnotes(results).map(note => `- ${note}`)].join('\n');
}

function footnotes(results: readonly ShapeResult[]): string[] {
  return results.flatMap(({ shape, limits, leftOut, measured }) => [
    ...Object.entries(limits).map(
      ([precision, { flopsPerSecond, bytesPerSecond }]) =>
        `${shape}: best product of any peer ${(flopsPerSecond / 1e9).toFixed(0)} GFLOP/s (${precision}), best copy ${(bytesPerSecond / 1e9).toFixed(1)} GB/s.`,
    ),
    ...measured
      .filter(({ slow }) => slow)
      .map(({ peer }) => `${shape}: ${peer} was too slow for turns; its figures are those of a single warm step.`),
    ...leftOut.map(({ peer, reason }) => `${shape}: ${peer} is left out: ${reason}`),
  ]);
}

const ratio = (value: number, bar: number | undefined): string => (bar === undefined ? '' : (value / bar).toFixed(2));
const mebi = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
