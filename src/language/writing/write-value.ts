import type { Field, Value } from '../../architecture/fields';

/** A value as people write it: `128Ki`, `10k`, `50%`, `1 / sqrt(168)`, `none`. It reads back as exactly the same value. */
export function writeValue(field: Field, value: Value, hidden?: number): string {
  if (value === null) return 'none';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return writeNumber(field, value, hidden);
  if (typeof value === 'string') return field.kind === 'text' ? JSON.stringify(value) : value;
  return `[${value.map(item => (typeof item === 'number' ? String(item) : JSON.stringify(item))).join(', ')}]`;
}

function writeNumber(field: Field, value: number, hidden: number | undefined): string {
  const unit = 'unit' in field ? field.unit : undefined;
  if (field.kind === 'integer') return unit === 'tokens' ? writeTokens(value) : String(value);
  if (unit === 'fraction') {
    const percent = Math.round(value * 100);
    if (percent / 100 === value) return `${percent}%`;
  }
  if (hidden !== undefined && value !== 1 && Math.sqrt(hidden) === value) return 'sqrt(hidden)';
  const square = Math.round(value * value);
  if (!Number.isInteger(value) && square > 1 && Math.sqrt(square) === value) return `sqrt(${square})`;
  const inverse = Math.round(1 / (value * value));
  if (value < 1 && inverse > 1 && inverse < 1e9 && 1 / Math.sqrt(inverse) === value && !isShort(value))
    return `1 / sqrt(${inverse})`;
  return writeDecimal(value);
}

/** Numbers of few digits are clearer than any formula. */
const isShort = (value: number): boolean => String(value).length <= 7;

/** Lengths in tokens: multiples of 1,024 as such, once they are long. */
function writeTokens(value: number): string {
  if (value >= 2 ** 20 && value % 2 ** 20 === 0) return `${value / 2 ** 20}Mi`;
  return value >= 16_384 && value % 1024 === 0 ? `${value / 1024}Ki` : String(value);
}

const decimalUnits = [
  [1e9, 'B'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

function writeDecimal(value: number): string {
  for (const [size, unit] of decimalUnits) {
    const share = value / size;
    if (value >= 10 * size || (size > 1e3 && value >= size)) {
      if (Number.isInteger(share) && share < 10_000) return `${share}${unit}`;
    }
  }
  const exponential = value.toExponential().replace('e+', 'e');
  const plain = String(value).replace('e+', 'e');
  return Math.abs(value) < 1e-3 && exponential.length < plain.length && Number(exponential) === value
    ? exponential
    : plain;
}
