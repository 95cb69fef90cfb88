/** What may follow a number, as a factor: a power of ten or of two. */
const units: Readonly<Record<string, { readonly ten?: number; readonly two?: number; readonly meaning: string }>> = {
  k: { ten: 3, meaning: 'thousand' },
  M: { ten: 6, meaning: 'million' },
  B: { ten: 9, meaning: 'billion' },
  Ki: { two: 10, meaning: '1,024' },
  Mi: { two: 20, meaning: '1,024 x 1,024' },
  Gi: { two: 30, meaning: '1,024 x 1,024 x 1,024' },
  '%': { ten: -2, meaning: 'hundredth' },
};

/** What people write instead. */
const mistaken: Readonly<Record<string, string>> = {
  K: 'k',
  m: 'M',
  mio: 'M',
  b: 'B',
  G: 'B',
  g: 'B',
  bn: 'B',
  ki: 'Ki',
  KiB: 'Ki',
  mi: 'Mi',
  MiB: 'Mi',
  gi: 'Gi',
  GiB: 'Gi',
};

export const unitNames: readonly string[] = Object.keys(units);

/** What a unit stands for, in words. */
export function unitMeaning(unit: string): string | undefined {
  return units[unit]?.meaning;
}

/** The unit that was probably meant. */
export function likelyUnit(unit: string): string | undefined {
  return mistaken[unit];
}

/** The value of a number with its unit, free of rounding (`5.3%` is 0.053); undefined if the unit is unknown. */
export function withUnit(digits: string, unit: string): number | undefined {
  if (unit === '') return Number(digits);
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (!factor) return undefined;
  if (factor.two !== undefined) return Number(digits) * 2 ** factor.two;
  const [mantissa = '', exponent = '0'] = digits.toLowerCase().split('e');
  return Number(`${mantissa}e${Number(exponent) + (factor.ten ?? 0)}`);
}
