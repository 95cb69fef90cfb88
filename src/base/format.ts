/** Numbers as people read them. The same words and rounding in hints, terminals, panels and reports. */

const groups = /\B(?=(\d{3})+(?!\d))/g;

/** A whole number with its thousands apart: 5,244,672. */
export function formatInteger(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return Math.round(value).toFixed(0).replace(groups, ',');
}

/** A count in three digits: 5.24 M, 812 k, 96, 1.20 B. */
export const formatCount = (value: number): string => withPrefix(value, 1000, ['', 'k', 'M', 'B', 'T', 'P', 'E'], '');

/** A size in binary units: 20.0 MiB. */
export const formatBytes = (value: number): string =>
  withPrefix(value, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'], ' B');

/** Floating-point operations: 31.4 MFLOP, 1.20 TFLOP. A rate with `per` = '/s'. */
export const formatFlops = (value: number, per: '' | '/s' | '/token' = ''): string =>
  `${withPrefix(value, 1000, ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z'], ' ')}FLOP${per}`;

/** Three significant digits and a prefix; small whole numbers stay as they are. */
function withPrefix(value: number, base: number, prefixes: readonly string[], bare: string): string {
  if (!Number.isFinite(value)) return String(value);
  const sign = value < 0 ? '-' : '';
  let size = Math.abs(value);
  let power = 0;
  // Compared after rounding, so that 999,999 is 1.00 M and not 1000 k.
  while (Number(size.toFixed(digitsOf(size))) >= base && power < prefixes.length - 1) {
    size /= base;
    power++;
  }
  if (power === 0) return `${sign}${Number.isInteger(size) ? size : Number(size.toPrecision(3))}${bare}`;
  return `${sign}${size.toFixed(digitsOf(size))} ${prefixes[power] ?? ''}`;
}

/** Decimals that leave three digits. */
const digitsOf = (size: number): number => (size >= 100 ? 0 : size >= 10 ? 1 : 2);

/** A length of time: 0.4 s, 42 s, 3:07 min, 2:14 h, 3 d 4 h. */
export function formatDuration(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return '?';
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const pair = (small: number) => String(small).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)}:${pair(whole % 60)} min`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)}:${pair(minutes % 60)} h`;
  const hours = Math.round(seconds / 3600);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A length of time that is only estimated, in one unit: about 4 min, about 2.5 h, about 12 d. */
export function formatEstimate(milliseconds: number): string {
  if (!Number.isFinite(milliseconds) || milliseconds < 0) return 'unknown';
  const seconds = milliseconds / 1000;
  if (seconds < 0.95) return 'less than 1 s';
  const rounded = (value: number, unit: string) =>
    `about ${value >= 9.5 ? Math.round(value) : Number(value.toFixed(1))} ${unit}`;
  if (seconds < 59.5) return `about ${Math.round(seconds)} s`;
  if (seconds < 59.5 * 60) return `about ${Math.round(seconds / 60)} min`;
  return seconds < 48 * 3600 ? rounded(seconds / 3600, 'h') : rounded(seconds / 86_400, 'd');
}

/** A share: 54%, 3.1%, 0.02%. */
export function formatPercent(share: number): string {
  if (!Number.isFinite(share)) return String(share);
  const percent = share * 100;
  return `${Math.abs(percent) >= 10 || Number.isInteger(percent) ? percent.toFixed(0) : Number(percent.toPrecision(2))}%`;
}

/** A multiple of something: 1.84×, 0.04×, 12×; 0× only for nothing at all. */
export function formatTimes(ratio: number): string {
  if (ratio > 0 && ratio < 0.005) return '<0.01×';
  return `${ratio === 0 || ratio >= 9.995 ? Math.round(ratio) : ratio.toFixed(2)}×`;
}

/** A measured value in four significant digits, in e-notation outside 0.001 to 1,000,000: 3.412, 8.1e-4. */
export function formatMeasure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 1e-3 || size >= 1e6)
    return value
      .toExponential(2)
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e');
  return size >= 1000 ? formatInteger(value) : value.toPrecision(4);
}
