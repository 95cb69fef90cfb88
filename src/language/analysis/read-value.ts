import type { Field, NumberField, NumbersField, Unit, Value } from '../../architecture/fields';
import { printExpression } from '../syntax/printer';
import type { Expression } from '../syntax/tree';
import { replaceFix, suggestionFix } from './context';
import { asWhole, describe, type Environment, evaluate } from './evaluate';
import { nearest } from './suggest';

/**
 * Reads what is written for a setting as the kind of value that its field holds. Undefined after saying what is wrong
 * with it. References and patterns are read elsewhere: they name other blocks.
 */
export function readValue(field: Field, expression: Expression, environment: Environment): Value | undefined {
  if (expression.kind === 'missing') return undefined;
  switch (field.kind) {
    case 'integer':
    case 'number':
      return readNumber(field, expression, environment);
    case 'boolean':
      return readBoolean(expression, environment);
    case 'choice':
      return readChoice(Object.keys(field.choices), expression, environment);
    case 'text':
      return readText(field.none !== undefined, expression, environment);
    case 'numbers':
      return readNumbers(field, expression, environment);
    case 'texts':
      return readTexts(expression, environment);
    case 'reference':
    case 'pattern':
      throw new Error(`expected a field that stands for itself, got one of kind ${field.kind}`);
  }
}

function readNumber(
  field: NumberField<number> | NumberField<number | null>,
  expression: Expression,
  environment: Environment,
): number | null | undefined {
  if (isNone(expression) && field.none !== undefined) return null;
  const { name } = environment;
  if (!isNumeric(expression) || isNone(expression)) {
    environment.report('wrong-type', expression, { name, expected: expectedOf(field), found: describe(expression) });
    return undefined;
  }
  if (expression.kind === 'number' && expression.unit === '%' && !takesShares(field)) {
    const counts = field.unit ?? 'whole things';
    environment.report('wrong-unit', expression, { name, unit: '%', counts });
    return undefined;
  }
  const value = evaluate(expression, environment);
  if (value === undefined) return undefined;
  const whole = asWhole(value);
  if (field.kind === 'integer' && whole === undefined) {
    const isLiteral = expression.kind === 'number';
    const formula = isLiteral ? undefined : printExpression(expression);
    const fixes = isLiteral ? [replaceFix(expression, String(Math.round(value)))] : [];
    environment.report('not-whole', expression, { name, value, formula }, { fixes });
    return undefined;
  }
  const exact = field.kind === 'integer' ? (whole ?? value) : value;
  if (!isInRange(field, exact)) {
    const { min, max, exclusiveMin = false } = field;
    environment.report('out-of-range', expression, { name, value: exact, min, max, exclusiveMin });
    return undefined;
  }
  return exact;
}

/** Whether a number is between the bounds of a field. */
export function isInRange(
  field: { readonly min?: number; readonly max?: number; readonly exclusiveMin?: boolean },
  value: number,
): boolean {
  const isLow = field.min !== undefined && (field.exclusiveMin ? value <= field.min : value < field.min);
  return !isLow && (field.max === undefined || value <= field.max);
}

const shares: readonly (Unit | undefined)[] = ['fraction', 'share-or-steps'];

function takesShares(field: { readonly kind: string; readonly unit?: Unit }): boolean {
  return shares.includes(field.unit) || (field.kind === 'number' && field.unit === undefined);
}

/** The word `none`. */
export function isNone(expression: Expression): boolean {
  return expression.kind === 'word' && expression.text === 'none';
}

/** Whether an expression has the shape of arithmetic. */
function isNumeric({ kind }: Expression): boolean {
  return kind !== 'boolean' && kind !== 'string' && kind !== 'list' && kind !== 'sequence';
}

const meantAsBoolean: Readonly<Record<string, string>> = { yes: 'true', on: 'true', no: 'false', off: 'false' };

/** The truth value that a word stands for in other languages. */
export function likelyBoolean(written: string): string | undefined {
  const word = written.toLowerCase();
  return Object.hasOwn(meantAsBoolean, word) ? meantAsBoolean[word] : nearest(word, ['true', 'false']);
}

function readBoolean(expression: Expression, environment: Environment): boolean | undefined {
  if (expression.kind === 'boolean') return expression.value;
  const meant = expression.kind === 'word' ? likelyBoolean(expression.text) : undefined;
  const params = { name: environment.name, expected: '`true` or `false`', found: describe(expression) };
  environment.report('wrong-type', expression, params, { fixes: suggestionFix(expression, meant) });
  return undefined;
}

function readChoice(choices: readonly string[], expression: Expression, environment: Environment): string | undefined {
  const { name } = environment;
  const word =
    expression.kind === 'word' ? expression.text : expression.kind === 'string' ? expression.value : undefined;
  if (word === undefined) {
    const expected = `one of ${choices.map(choice => `\`${choice}\``).join(', ')}`;
    environment.report('wrong-type', expression, { name, expected, found: describe(expression) });
    return undefined;
  }
  const isKnown = choices.includes(word);
  // Single quotes have been reported already.
  if (isKnown && (expression.kind === 'word' || printExpression(expression).startsWith("'"))) return word;
  const suggestion = isKnown ? word : nearest(word, choices);
  const fixes = suggestionFix(expression, suggestion);
  environment.report(
    'unknown-choice',
    expression,
    { name, word: printExpression(expression), suggestion, choices },
    { fixes },
  );
  return undefined;
}

function readText(mayBeNone: boolean, expression: Expression, environment: Environment): string | null | undefined {
  if (expression.kind === 'string') return expression.value;
  if (mayBeNone && isNone(expression)) return null;
  const { name } = environment;
  if (expression.kind === 'word') {
    const fixes = [replaceFix(expression, JSON.stringify(expression.text))];
    environment.report('unquoted-text', expression, { name, text: expression.text }, { fixes });
  } else {
    environment.report('wrong-type', expression, { name, expected: 'a text in quotes', found: describe(expression) });
  }
  return undefined;
}

function readNumbers(field: NumbersField, expression: Expression, environment: Environment) {
  const { name } = environment;
  if (expression.kind !== 'list') {
    const params = { name, expected: 'a list of numbers such as `[0.9, 0.95]`', found: describe(expression) };
    const fixes = expression.kind === 'sequence' ? [replaceFix(expression, `[${printExpression(expression)}]`)] : [];
    environment.report('wrong-type', expression, params, { fixes });
    return undefined;
  }
  const { items } = expression;
  if (field.length !== undefined && items.length !== field.length) {
    environment.report('wrong-length', expression, { name, expected: field.length, found: items.length });
    return undefined;
  }
  const values: number[] = [];
  for (const item of items) {
    const value = evaluate(item, environment);
    if (value === undefined) continue;
    if (isInRange(field, value)) values.push(value);
    else environment.report('out-of-range', item, { name, value, min: field.min, max: field.max, exclusiveMin: false });
  }
  return values.length === items.length ? values : undefined;
}

function readTexts(expression: Expression, environment: Environment): readonly string[] | undefined {
  const { name } = environment;
  const expected = 'a list of texts such as `["Once upon a time"]`';
  if (expression.kind !== 'list') {
    const isText = expression.kind === 'string' || expression.kind === 'sequence';
    const fixes = isText ? [replaceFix(expression, `[${printExpression(expression)}]`)] : [];
    environment.report('wrong-type', expression, { name, expected, found: describe(expression) }, { fixes });
    return undefined;
  }
  const values: string[] = [];
  for (const item of expression.items) {
    if (item.kind === 'string') values.push(item.value);
    else if (item.kind !== 'missing') environment.report('wrong-type', item, { name, expected, found: describe(item) });
  }
  return values.length === expression.items.length ? values : undefined;
}

function expectedOf(field: { readonly kind: 'integer' | 'number'; readonly none?: string }): string {
  const number = field.kind === 'integer' ? 'a whole number' : 'a number';
  return field.none === undefined ? number : `${number} or \`none\``;
}
