import { formatBytes, formatCount, formatDuration, formatFlops, formatInteger } from '../../src/base/format';
import type { Column } from '../../src/protocol/series';

/** What a curve can be drawn over. */
export const axes = ['step', 'tokens', 'time', 'flops'] as const;
export type Axis = (typeof axes)[number];

export const axisTitles: Readonly<Record<Axis, string>> = {
  step: 'Step',
  tokens: 'Tokens',
  time: 'Training time',
  flops: 'Training FLOPs',
};

/** Both tables of a run have these columns. */
export interface AxisColumns {
  readonly step: Column;
  readonly tokens: Column;
  readonly elapsedMs: Column;
  readonly flops: Column;
}

/** The column that holds the positions on an axis. */
export function axisColumn(table: AxisColumns, axis: Axis): Column {
  switch (axis) {
    case 'step':
      return table.step;
    case 'tokens':
      return table.tokens;
    case 'time':
      return table.elapsedMs;
    case 'flops':
      return table.flops;
  }
}

/** A position in words, as precise as a reader needs: "step 1,200", "2.40 M tokens". */
export function formatPosition(axis: Axis, value: number): string {
  switch (axis) {
    case 'step':
      return `step ${formatInteger(value)}`;
    case 'tokens':
      return `${formatCount(value)} tokens`;
    case 'time':
      return formatDuration(value);
    case 'flops':
      return formatFlops(value);
  }
}

/** A position beside its tick: short. */
export function formatTick(axis: Axis, value: number): string {
  switch (axis) {
    case 'step':
    case 'tokens':
      return value < 100_000 ? formatInteger(value) : shorten(formatCount(value));
    case 'time':
      return value === 0 ? '0' : shorten(formatDuration(value));
    case 'flops':
      return value === 0 ? '0' : shorten(formatFlops(value));
  }
}

/** A measured value beside its tick: 4, 0.5, 1e-3. */
export function formatValueTick(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 10_000) return shorten(formatCount(value));
  if (size < 0.01)
    return value
      .toExponential(2)
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e');
  return String(Number(value.toPrecision(4)));
}

/** Drops zeros that say nothing: "20.0 k" is "20 k", "3:00 min" is "3 min". */
const shorten = (text: string): string => text.replace(/(\.\d*?)0+(?= )/, '$1').replace(/[.:](00)?(?= )/, '');

/** Milliseconds that people like between two ticks. */
const timeSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400].map(
  seconds => seconds * 1000,
);

/** Round positions from `min` to `max`, about `wanted` of them. Steps and tokens are whole numbers. */
export function linearTicks(min: number, max: number, wanted: number, axis: Axis | 'value'): number[] {
  const span = max - min;
  if (!(span > 0) || !Number.isFinite(span)) return [min];
  const rough = span / Math.max(1, wanted);
  const step = axis === 'time' ? (timeSteps.find(size => size >= rough * 0.8) ?? roundStep(rough)) : roundStep(rough);
  const size = axis === 'step' || axis === 'tokens' ? Math.max(1, step) : step;
  const ticks: number[] = [];
  const first = Math.ceil(min / size - 1e-9);
  for (let index = first; index * size <= max + size * 1e-9; index++)
    ticks.push(Number((index * size).toPrecision(12)));
  return ticks;
}

/** 1, 2 or 5 times a power of ten, near `rough`. */
function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find(candidate => candidate * power >= rough * 0.8) ?? 10;
  return factor * power;
}

/**
 * Round positions for a logarithmic axis: powers of ten with 2 and 5 between when there is room, and linear ticks when
 * the whole axis is less than about half a decade.
 */
export function logTicks(min: number, max: number, wanted: number, axis: Axis | 'value'): number[] {
  if (!(min > 0) || !(max > min)) return [max];
  const decades = Math.log10(max / min);
  if (decades < 0.7) return linearTicks(min, max, wanted, axis);
  const factors = decades * 3 <= wanted + 2 ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil(decades / Math.max(1, wanted)));
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(min)); power <= Math.ceil(Math.log10(max)); power++) {
    if (power % every !== 0) continue;
    for (const factor of factors) {
      const tick = Number((factor * 10 ** power).toPrecision(12));
      if (tick >= min && tick <= max) ticks.push(tick);
    }
  }
  return ticks;
}

/** Round positions for a logarithmic axis of sizes: powers of two, fewer where there is no room for all. */
export function binaryTicks(min: number, max: number, wanted: number): number[] {
  if (!(min > 0) || !(max > min)) return [max];
  const octaves = Math.log2(max / min);
  const every = [1, 2, 5, 10, 20].find(size => octaves / size <= wanted + 1) ?? 40;
  const ticks: number[] = [];
  for (let power = Math.ceil(Math.log2(min) - 1e-9); 2 ** power <= max * (1 + 1e-9); power++)
    if (power % every === 0) ticks.push(2 ** power);
  return ticks;
}

/** Round positions for a linear axis of bytes: 1, 2 or 5 tenths of a power of 1024. */
export function byteTicks(min: number, max: number, wanted: number): number[] {
  const unit = 1024 ** Math.max(0, Math.floor(Math.log2(Math.max(1, max)) / 10));
  return linearTicks(min / unit, max / unit, wanted, 'value').map(tick => tick * unit);
}

/** Bytes beside a tick: "64 KiB" for "64.0 KiB". */
export const formatBytesTick = (value: number): string => (value === 0 ? '0' : shorten(formatBytes(value)));

/** A length beside a tick, in binary units where it is a round one: 512, 32 Ki. */
export const formatLengthTick = (value: number): string =>
  value >= 1024 && Number.isInteger(Math.log2(value))
    ? formatBytes(value)
        .replace(/\.0+ | /, ' ')
        .replace('B', '')
    : formatInteger(value);
