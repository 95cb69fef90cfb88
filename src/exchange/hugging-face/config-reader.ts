import { isList, isObject, type Json, type JsonObject } from './config-json';

/** Something that an import has to say. */
export interface ImportProblem {
  /** Errors leave nothing to import; warnings say what the result does not hold. */
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

/**
 * Reads the keys of a config.json one by one: the file's value, or that of the class when the file has none. What nobody
 * has asked for in the end was not understood.
 */
export interface ConfigReader {
  /** The file itself says something about this key. */
  has(key: string): boolean;
  whole(key: string, least?: number): number;
  optionalWhole(key: string, least?: number): number | null;
  real(key: string): number;
  optionalReal(key: string): number | null;
  flag(key: string): boolean;
  word(key: string): string;
  /** One of these words; anything else is an error that lists them. */
  choice<const Word extends string>(key: string, words: readonly Word[]): Word;
  wholes(key: string): readonly number[] | null;
  /** Numbers, infinite ones too. */
  reals(key: string): readonly number[] | null;
  words(key: string): readonly string[] | null;
  /** The value as it stands, or that of the class. */
  value(key: string): Json | undefined;
  /** An object inside the config; its keys are accounted for, too. */
  inner(key: string, defaults?: JsonObject): ConfigReader | null;
  /** Keys that say nothing about the network. */
  ignore(keys: readonly string[]): void;
  warn(message: string): void;
  fail(message: string): void;
  /** Keys of the file that nobody asked for, with their values. */
  unread(): readonly (readonly [key: string, value: Json])[];
}

export interface ReaderOptions {
  /** What the class takes where the file says nothing. */
  readonly defaults: JsonObject;
  /** Other spellings of a key. */
  readonly aliases?: Readonly<Record<string, readonly string[]>>;
  /** What stands before the keys in messages. */
  readonly prefix?: string;
}

export function readConfig(config: JsonObject, options: ReaderOptions, problems: ImportProblem[]): ConfigReader {
  const { defaults, aliases = {}, prefix = '' } = options;
  const asked = new Set<string>();
  const inners = new Map<string, ConfigReader>();

  const find = (key: string): Json | undefined => {
    asked.add(key);
    const others = aliases[key];
    if (others === undefined) return config[key];
    const spellings = [key, ...others];
    for (const spelling of spellings) asked.add(spelling);
    const spelling = spellings.find(each => config[each] !== undefined && config[each] !== null);
    return spelling === undefined
      ? spellings.map(each => config[each]).find(value => value === null)
      : config[spelling];
  };
  const fail = (message: string): void => void problems.push({ severity: 'error', message });
  const wrong = (key: string, expected: string, value: Json): void =>
    fail(`\`${prefix}${key}\` must be ${expected}, and is ${JSON.stringify(value)}.`);

  /** The value where it is there and of the right kind, otherwise that of the class; null where that is none either. */
  const read = <T extends Json>(key: string, expected: string, fits: (value: Json) => value is T): T | null => {
    const written = find(key);
    if (written === null && defaults[key] === null) return null;
    if (written !== undefined && written !== null) {
      if (fits(written)) return written;
      wrong(key, expected, written);
    }
    const standard = defaults[key];
    return standard !== undefined && standard !== null && fits(standard) ? standard : null;
  };
  const needed = <T extends Json>(key: string, expected: string, fits: (value: Json) => value is T, standIn: T): T => {
    const value = read(key, expected, fits);
    if (value !== null) return value;
    if (find(key) === undefined || find(key) === null)
      fail(`\`${prefix}${key}\` is missing, and the class has no value of its own for it.`);
    return standIn;
  };
  const isWhole =
    (least: number) =>
    (value: Json): value is number =>
      typeof value === 'number' && Number.isSafeInteger(value) && value >= least;
  const listOf = <T extends Json>(key: string, what: string, fits: (value: Json) => value is T): readonly T[] | null =>
    read(key, `a list of ${what}`, (value): value is readonly T[] & Json => isList(value) && value.every(fits));

  /** A null in the file is an answer where null may stand; a class value does not replace it. */
  const isNone = (key: string): boolean => find(key) === null;

  const reader: ConfigReader = {
    has: key => find(key) !== undefined,
    whole: (key, least = 1) => needed(key, `a whole number from ${least}`, isWhole(least), Math.max(1, least)),
    optionalWhole: (key, least = 1) =>
      isNone(key) ? null : read(key, `a whole number from ${least}, or null`, isWhole(least)),
    real: key => needed(key, 'a number', isNumber, 1),
    optionalReal: key => (isNone(key) ? null : read(key, 'a number or null', isNumber)),
    // Python takes numbers for truth values, and some published files hold them.
    flag: key => Boolean(needed(key, 'true or false', isTruth, false)),
    word: key => needed(key, 'a word', isString, ''),
    choice: (key, words) => {
      const [first] = words;
      if (first === undefined) throw new Error(`Expected words to choose from for ${key}, got none.`);
      const value = needed(key, 'a word', isString, first);
      const found = words.find(word => word === value);
      if (found === undefined)
        fail(
          `\`${prefix}${key}\` is "${value}", which Supra has no component for. It knows ${words.map(word => `"${word}"`).join(', ')}.`,
        );
      return found ?? first;
    },
    wholes: key => listOf(key, 'whole numbers', isWhole(Number.MIN_SAFE_INTEGER)),
    reals: key => listOf(key, 'numbers', (value): value is number => typeof value === 'number'),
    words: key => listOf(key, 'words', isString),
    value: key => find(key) ?? defaults[key],
    inner: (key, innerDefaults = {}) => {
      const known = inners.get(key);
      if (known) return known;
      const value = read(key, 'an object', isObject);
      if (value === null) return null;
      const inner = readConfig(value, { defaults: innerDefaults, prefix: `${prefix}${key}.` }, problems);
      inners.set(key, inner);
      return inner;
    },
    ignore: keys => {
      for (const key of keys) asked.add(key);
    },
    warn: message => void problems.push({ severity: 'warning', message }),
    fail,
    unread: () => [
      ...Object.entries(config).flatMap(([key, value]) =>
        asked.has(key) || value === undefined ? [] : [[`${prefix}${key}`, value] as const],
      ),
      ...[...inners.values()].flatMap(inner => inner.unread()),
    ],
  };
  return reader;
}

const isNumber = (value: Json): value is number => typeof value === 'number' && Number.isFinite(value);
const isTruth = (value: Json): value is boolean | number => typeof value === 'boolean' || typeof value === 'number';
const isString = (value: Json): value is string => typeof value === 'string';
