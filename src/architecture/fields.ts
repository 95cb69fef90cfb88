/**
 * The settings of blocks and components: what each is called, what it may be, what it is when left out.
 * The parser knows none of these words; completion, hover, validation and the reference pages are made from them.
 */

/** What a setting can hold once resolved. `null` is the word `none`. */
export type Value = number | boolean | string | null | readonly number[] | readonly string[];

/** Words and numbers visible where a default is computed: earlier settings of the same block, then the blocks around it. */
export interface Scope {
  /** The number called `name`. Throws a programmer error when there is none: a registry entry asked for a word it does not declare. */
  number(name: string): number;
}

/** A default that follows from other settings, with the formula as the user would write it. */
export interface Computed<T extends Value> {
  readonly text: string;
  of(scope: Scope): T;
}

/** What a number counts; decides which suffixes and hints make sense. */
export type Unit =
  | 'parameters'
  | 'tokens'
  | 'steps'
  | 'sequences'
  | 'fraction'
  | 'share-or-steps'
  | 'dimensions'
  | 'radians'
  | 'nats';

interface FieldBase<T extends Value> {
  /** One sentence, shown in hover, completion and the reference. */
  readonly doc: string;
  /** Left out by the field: the setting is required. */
  readonly default?: T | Computed<T>;
}
interface NumericShape {
  readonly unit?: Unit;
  /** Smallest and largest legal value, both inclusive unless said otherwise. */
  readonly min?: number;
  readonly max?: number;
  /** True when `min` itself is not allowed (a learning rate of 0). */
  readonly exclusiveMin?: boolean;
  /** Values worth offering in completion. */
  readonly suggestions?: readonly number[];
  /** Distance between two sensible values, both its multiples: what `auto` is solved in. 1 when left out. */
  readonly step?: number;
}

export type NumberField<T extends number | null = number> = FieldBase<T> &
  NumericShape & {
    readonly kind: 'integer' | 'number';
    /** Present when the word `none` is allowed: what `none` means. */
    readonly none?: string;
  };
export type BooleanField = FieldBase<boolean> & { readonly kind: 'boolean' };
export type ChoiceField<T extends string = string> = FieldBase<T> & {
  readonly kind: 'choice';
  /** Every legal word with its one-line explanation. */
  readonly choices: Readonly<Record<T, string>>;
};
export type TextField<T extends string | null = string> = FieldBase<T> & {
  readonly kind: 'text';
  /** What the text names: a file, files or weights inside the workspace, or free text. */
  readonly format: 'path' | 'glob' | 'start' | 'free';
  readonly none?: string;
};
export type NumbersField = FieldBase<readonly number[]> & {
  readonly kind: 'numbers';
  /** How many numbers the list must have. */
  readonly length?: number;
  readonly min?: number;
  readonly max?: number;
};
export type TextsField = FieldBase<readonly string[]> & { readonly kind: 'texts' };
/** The name of a block elsewhere in the file (`model = shallow_wide`). */
export type ReferenceField = FieldBase<string> & { readonly kind: 'reference'; readonly to: 'model' | 'data' };
/** A pattern of layer names (`(local * 5, global) * 4, local * 2`). */
export type PatternField<T extends string | null = string> = FieldBase<T> & {
  readonly kind: 'pattern';
  /** Present when the word `none` is allowed: what `none` means. */
  readonly none?: string;
};

export type Field =
  | NumberField<number>
  | NumberField<number | null>
  | BooleanField
  | ChoiceField
  | TextField<string>
  | TextField<string | null>
  | NumbersField
  | TextsField
  | ReferenceField
  | PatternField<string>
  | PatternField<string | null>;
export type Fields = Readonly<Record<string, Field>>;

type ValueOf<F extends Field> = F extends FieldBase<infer T> & { kind: 'choice' }
  ? T
  : F extends NumberField<infer T>
    ? T
    : F extends TextField<infer T>
      ? T
      : F extends PatternField<infer T>
        ? T
        : F extends BooleanField
          ? boolean
          : F extends NumbersField
            ? readonly number[]
            : F extends TextsField
              ? readonly string[]
              : string;

/** The resolved settings of a block: one value for every field. */
export type ConfigOf<F extends Fields> = { readonly [K in keyof F]: ValueOf<F[K]> };

type Options<F> = Omit<F, 'kind'>;

/** A whole number. */
export const integer = (options: Options<NumberField>): NumberField => ({ kind: 'integer', ...options });
/** A whole number or the word `none`. */
export const optionalInteger = (
  options: Options<NumberField<number | null>> & { none: string },
): NumberField<number | null> => ({ kind: 'integer', ...options });
/** A real number. */
export const number = (options: Options<NumberField>): NumberField => ({ kind: 'number', ...options });
/** A real number or the word `none`. */
export const optionalNumber = (
  options: Options<NumberField<number | null>> & { none: string },
): NumberField<number | null> => ({ kind: 'number', ...options });
/** `true` or `false`. */
export const boolean = (options: Options<BooleanField>): BooleanField => ({ kind: 'boolean', ...options });
/** One of a few words. */
export const choice = <const C extends Readonly<Record<string, string>>>(
  options: Omit<Options<ChoiceField<Extract<keyof C, string>>>, 'choices'> & { readonly choices: C },
): ChoiceField<Extract<keyof C, string>> => ({ kind: 'choice', ...options }) as ChoiceField<Extract<keyof C, string>>;
/** A string. */
export const text = (options: Options<TextField>): TextField => ({ kind: 'text', ...options });
/** A string or the word `none`. */
export const optionalText = (
  options: Options<TextField<string | null>> & { none: string },
): TextField<string | null> => ({
  kind: 'text',
  ...options,
});
/** A list of numbers. */
export const numbers = (options: Options<NumbersField>): NumbersField => ({ kind: 'numbers', ...options });
/** A list of strings. */
export const texts = (options: Options<TextsField>): TextsField => ({ kind: 'texts', ...options });
/** The name of another block. Without a default the only block of that kind is meant. */
export const reference = (options: Options<ReferenceField>): ReferenceField => ({ kind: 'reference', ...options });
/** A pattern of layer names. */
export const pattern = (options: Options<PatternField>): PatternField => ({ kind: 'pattern', ...options });
/** A pattern of layer names or the word `none`. */
export const optionalPattern = (
  options: Options<PatternField<string | null>> & { none: string },
): PatternField<string | null> => ({ kind: 'pattern', ...options });
/** A default that follows from other settings. */
export const computed = <T extends Value>(formula: string, of: (scope: Scope) => T): Computed<T> => ({
  text: formula,
  of,
});

/** Tells a computed default from a plain one. */
export const isComputed = (value: Value | Computed<Value> | undefined): value is Computed<Value> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && 'of' in value;
