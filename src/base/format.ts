/** Numbers as people read them. Every short form has its exact form beside it: a short number is never the only one. */

/** A whole number with thousands separators: `5,244,672`. Fractions keep two digits. */
export function exact(value: number): string {
  if (!Number.isFinite(value)) return '?';
  return value.toLocaleString('en-US', { maximumFractionDigits: 2 });
}

/** Three significant digits with a decimal unit: `5.24 M`, `524 k`, `1.02 B`. Below 1000 exact. */
export function formatCount(value: number): string {
  return scaled(value, 1000, ['', 'k', 'M', 'B', 'T']);
}

/** Parameters, tokens and the like with their noun: `5.24 M parameters`, `1 parameter`. */
export function formatQuantity(value: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(value)} ${value === 1 ? singular : plural}`;
}

/** Bytes in binary units: `20.0 MiB`. */
export function formatBytes(bytes: number): string {
  return scaled(bytes, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']);
}

/** Floating point operations: `31.5 MFLOPs`. */
export function formatFlops(flops: number): string {
  return scaled(flops, 1000, ['FLOPs', 'kFLOPs', 'MFLOPs', 'GFLOPs', 'TFLOPs', 'PFLOPs', 'EFLOPs', 'ZFLOPs']);
}

/** Speed of a machine: `85.3 GFLOP/s`. */
export function formatFlopRate(flopsPerSecond: number): string {
  return `${formatFlops(flopsPerSecond).replace(/s$/, '')}/s`;
}

/** A share: `37%`, `0.4%`, `<0.1%`. */
export function formatShare(share: number): string {
  if (!Number.isFinite(share)) return '?';
  const percent = share * 100;
  if (percent > 0 && percent < 0.1) return '<0.1%';
  return `${percent !== 0 && Math.abs(percent) < 1 ? percent.toFixed(1) : Math.round(percent)}%`;
}

/** A span of time, two units at most: `45 s`, `4 min`, `1 h 20 min`, `3 d 4 h`. Below ten seconds with a decimal. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '?';
  if (seconds < 0.1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return twoUnits(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(seconds / 3600);
  return twoUnits(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

/** A span of time that is only estimated: `about 4 min`. */
export function formatEstimate(seconds: number): string {
  return Number.isFinite(seconds) && seconds >= 0 ? `about ${formatDuration(seconds)}` : 'unknown';
}

/** A number without a natural unit (a loss, a learning rate): at most `digits` significant digits, no trailing zeros. */
export function formatReal(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return '?';
  if (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e6)) {
    return value.toExponential(digits - 1).replace(/\.?0*e\+?/, 'e');
  }
  return String(Number(value.toPrecision(digits)));
}

function scaled(value: number, base: number, units: readonly string[]): string {
  if (!Number.isFinite(value)) return '?';
  const sign = value < 0 ? '-' : '';
  let rest = Math.abs(value);
  let unit = 0;
  // 999.5 would round to 1000 of its own unit: it belongs to the next one.
  while (rest >= (unit === 0 ? base : roundsUp(base)) && unit < units.length - 1) {
    rest /= base;
    unit++;
  }
  const digits = unit === 0 ? exact(rest) : threeDigits(rest);
  return `${sign}${digits} ${units[unit]}`.trimEnd();
}

/** The smallest value that three significant digits would show as `base`: 999.5, or 1023.5 of binary units. */
const roundsUp = (base: number): number => base - 0.5;

function threeDigits(value: number): string {
  if (value >= 99.95) return String(Math.round(value));
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

function twoUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}
