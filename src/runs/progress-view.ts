import {
  formatCount,
  formatDuration,
  formatFlops,
  formatInteger,
  formatMeasure,
  formatPercent,
  formatTimes,
} from '../base/format';
import type { EvalRow, RunRecord, SampleRow, ShownStatus, StepRow } from '../protocol/run-records';
import { recentImbalance } from './compare-runs';
import { cutTo, harmless, type Paint, painter, widthOf, wrap } from './terminal-text';
import { textChart } from './text-curve';

/** What a terminal can show. */
export interface TerminalStyle {
  readonly width: number;
  readonly height: number;
  readonly colors: boolean;
  readonly unicode: boolean;
}

/** All that the view of a run is made of. */
export interface ProgressState {
  readonly record: RunRecord | null;
  readonly status: ShownStatus | null;
  /** What the preparation is doing, while it does. */
  readonly preparing: { readonly phase: string; readonly fraction: number | null } | null;
  readonly steps: readonly StepRow[];
  readonly evals: readonly EvalRow[];
}

/** Steps that the shown speed and loss are averaged over. */
const recentSteps = 20;

/** The live view of a run: head line, bar, figures, curve. Every line fits into the width. */
export function renderProgress(state: ProgressState, style: TerminalStyle): string[] {
  const paint = painter(style.colors);
  const width = Math.max(24, Math.min(style.width - 1, 120));
  const lines = [
    headLine(state, paint),
    barLine(state, { ...style, width }, paint),
    ...figureLines(state, width, paint),
  ];
  if (state.steps.length > 1 && style.height >= 14) {
    lines.push('', ...curveLines(state, { ...style, width }, paint));
  }
  return lines.map(line => cutTo(line, width));
}

/** Milliseconds until the last step at the speed of the last steps; `null` before there is a speed. */
export function remainingMs(record: RunRecord, steps: readonly StepRow[]): number | null {
  const last = steps.at(-1);
  const earlier = steps.at(-1 - recentSteps) ?? steps[0];
  if (last === undefined || earlier === undefined || last.step <= earlier.step) return null;
  const msPerStep = (last.elapsedMs - earlier.elapsedMs) / (last.step - earlier.step);
  return Math.max(0, record.spec.train.steps - last.step) * msPerStep;
}

/** A sample as lines: the prompt marked, the continuation wrapped. Control characters are shown as dots. */
export function renderSample(sample: SampleRow, style: TerminalStyle): string[] {
  const paint = painter(style.colors);
  const width = Math.max(24, Math.min(style.width - 1, 120));
  const prompt = harmless(sample.prompt);
  const bar = style.unicode ? '│ ' : '| ';
  const lines = wrap(`${prompt}${harmless(sample.text)}`, width - 2);
  const marked = lines.map((line, index) => {
    const head = index === 0 && line.startsWith(prompt.trimEnd()) ? prompt.trimEnd() : '';
    return `${paint('dim', bar)}${paint('bold', head)}${line.slice(head.length)}`;
  });
  return [paint('dim', `sample at step ${formatInteger(sample.step)}`), ...marked];
}

/** One line for a log: what a terminal without cursor movement, or a file, gets. */
export function progressLine(record: RunRecord, steps: readonly StepRow[]): string {
  const last = steps.at(-1);
  if (last === undefined) return '';
  const left = remainingMs(record, steps);
  const imbalance = recentImbalance(steps);
  return [
    `step ${formatInteger(last.step)}/${formatInteger(record.spec.train.steps)}`,
    `loss ${formatMeasure(recentLoss(steps))}`,
    `lr ${formatMeasure(last.learningRate)}`,
    `${formatCount(recentSpeed(steps))} tokens/s`,
    imbalance === null ? '' : `expert imbalance ${formatTimes(imbalance)}`,
    left === null ? '' : `${formatDuration(left)} left`,
  ]
    .filter(part => part !== '')
    .join('  ');
}

/** One line for an evaluation. */
export const evalLine = (row: EvalRow): string =>
  `step ${formatInteger(row.step)}  validation loss ${formatMeasure(row.loss)}  perplexity ${formatMeasure(row.perplexity)}  ${formatMeasure(row.bitsPerByte)} bits/byte`;

/** How a run ended, in a line or two. */
export function endLines(state: ProgressState, style: Pick<TerminalStyle, 'colors' | 'width'>): string[] {
  const { record, status } = state;
  if (record === null || status === null) return [];
  const paint = painter(style.colors);
  const color = status === 'completed' ? 'green' : status === 'failed' ? 'red' : 'yellow';
  const done = state.steps.at(-1);
  const text =
    done === undefined
      ? ''
      : ` after ${formatInteger(done.step)} steps in ${formatDuration(done.elapsedMs)} of training`;
  const best = record.best;
  return [
    `${paint(color, paint('bold', status))}${text}${
      best === null
        ? ''
        : `; best validation loss ${formatMeasure(best.loss)} at step ${formatInteger(best.step)} (perplexity ${formatMeasure(Math.exp(best.loss))})`
    }`,
    ...(record.reason === null ? [] : wrap(record.reason, Math.max(24, style.width - 1))),
  ];
}

function headLine({ record, status }: ProgressState, paint: Paint): string {
  if (record === null) return paint('dim', 'waiting for the trainer');
  const parts = [
    paint('bold', harmless(record.name)),
    `${formatCount(record.parameters)} parameters`,
    ...(record.engine === null ? [] : [`${record.engine.backend}, ${plural(record.engine.threads, 'thread')}`]),
    ...(status === 'running' || status === null ? [] : [paint(status === 'failed' ? 'red' : 'yellow', status)]),
  ];
  return parts.join(paint('dim', ' · '));
}

function barLine(state: ProgressState, style: TerminalStyle, paint: Paint): string {
  const { record, preparing, steps } = state;
  const last = steps.at(-1);
  if (record === null || (last === undefined && preparing !== null)) {
    const fraction = preparing?.fraction ?? null;
    const text =
      preparing === null ? '' : `${preparing.phase}${fraction === null ? '' : ` ${formatPercent(fraction)}`}`;
    return `${bar(fraction ?? 0, 20, style.unicode, paint)}  ${text}`;
  }
  const total = record.spec.train.steps;
  const done = last?.step ?? record.stepsDone;
  const left = state.status === 'running' ? remainingMs(record, steps) : null;
  const text = [
    formatPercent(Math.floor((done / total) * 100) / 100).padStart(4),
    `step ${formatInteger(done)} of ${formatInteger(total)}`,
    ...(left === null ? [] : [`${formatDuration(left)} left`]),
  ].join('  ');
  return `${bar(done / total, Math.max(8, Math.min(40, style.width - widthOf(text) - 2)), style.unicode, paint)}  ${text}`;
}

function bar(fraction: number, width: number, unicode: boolean, paint: Paint): string {
  const done = Math.max(0, Math.min(width, Math.round(fraction * width)));
  const [full, rest] = unicode ? ['━', '─'] : ['#', '.'];
  return `${paint('green', full.repeat(done))}${paint('dim', rest.repeat(width - done))}`;
}

function figureLines({ record, steps, evals }: ProgressState, width: number, paint: Paint): string[] {
  const last = steps.at(-1);
  if (record === null || last === undefined) return [];
  const evaluated = evals.at(-1);
  const flopsPerSecond = recentSpeed(steps) * record.trainingFlopsPerToken;
  const peak = record.engine?.peakFlopsPerSecond;
  const imbalance = recentImbalance(steps);
  const figure = (label: string, value: string) => `${paint('dim', label)} ${value}`;
  return [
    fitting(width, [
      figure('loss', paint('cyan', formatMeasure(recentLoss(steps)))),
      ...(evaluated === undefined
        ? []
        : [
            figure('validation', paint('magenta', formatMeasure(evaluated.loss))),
            figure('perplexity', formatMeasure(evaluated.perplexity)),
            figure('bits/byte', formatMeasure(evaluated.bitsPerByte)),
          ]),
      ...(record.best === null
        ? []
        : [figure('best', `${formatMeasure(record.best.loss)} at ${formatInteger(record.best.step)}`)]),
    ]),
    fitting(width, [
      `${formatCount(recentSpeed(steps))} ${paint('dim', 'tokens/s')}`,
      formatFlops(flopsPerSecond, '/s') +
        // A peak measured while others used the machine can be too low; then it says nothing.
        (peak === undefined || peak < flopsPerSecond
          ? ''
          : paint('dim', ` (${formatPercent(flopsPerSecond / peak)} of peak)`)),
      figure('lr', formatMeasure(last.learningRate)),
      figure('gradient', formatMeasure(last.gradientNorm)),
      `${formatCount(last.tokens)} ${paint('dim', 'tokens')}`,
      ...(imbalance === null ? [] : [figure('expert imbalance', formatTimes(imbalance))]),
    ]),
  ];
}

/** As many parts as fit, whole, on one line. */
function fitting(width: number, parts: readonly string[]): string {
  return parts.reduce((line, part) => {
    const longer = line === '' ? part : `${line}   ${part}`;
    return line === '' || widthOf(longer) <= width ? longer : line;
  }, '');
}

function curveLines({ record, steps, evals }: ProgressState, style: TerminalStyle, paint: Paint): string[] {
  const chart = {
    width: style.width,
    height: Math.max(4, Math.min(10, style.height - 10)),
    xEnd: record?.spec.train.steps ?? steps.at(-1)?.step ?? 1,
    paint,
    unicode: style.unicode,
  };
  return textChart(
    [
      { style: 'cyan', x: steps.map(row => row.step), y: steps.map(row => row.loss) },
      { style: 'magenta', x: evals.map(row => row.step), y: evals.map(row => row.loss) },
    ],
    chart,
  );
}

/** Mean loss of the last steps. */
function recentLoss(steps: readonly StepRow[]): number {
  const recent = steps.slice(-recentSteps);
  return recent.reduce((sum, row) => sum + row.loss, 0) / recent.length;
}

/** Tokens per second over the last steps. */
function recentSpeed(steps: readonly StepRow[]): number {
  const recent = steps.slice(-recentSteps);
  return recent.reduce((sum, row) => sum + row.tokensPerSecond, 0) / Math.max(1, recent.length);
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
