import type { Span } from '../../base/text';
import { printExpression } from '../syntax/printer';
import type { Expression, Word } from '../syntax/tree';
import type { ProblemExtras } from './problem';
import type { ProblemCode, ProblemParams } from './problems';

/** What an expression sees around it, and where its mistakes go. */
export interface Environment {
  /** The setting whose value is read, for messages. */
  readonly name: string;
  /** The number called by a word; undefined after saying why there is none. */
  number(word: Word): number | undefined;
  report<Code extends ProblemCode>(code: Code, span: Span, params: ProblemParams[Code], extras?: ProblemExtras): void;
}

/** The number that an expression stands for; undefined after saying why it is none. */
export function evaluate(expression: Expression, environment: Environment): number | undefined {
  const value = compute(expression, environment);
  if (value === undefined || Number.isNaN(value)) return undefined;
  if (!Number.isFinite(value)) {
    environment.report('not-finite', expression, { name: environment.name, formula: printExpression(expression) });
    return undefined;
  }
  return value;
}

function compute(expression: Expression, environment: Environment): number | undefined {
  switch (expression.kind) {
    case 'number':
      return expression.value;
    case 'word':
      return environment.number(expression);
    case 'group':
      return compute(expression.value, environment);
    case 'unary': {
      const operand = compute(expression.operand, environment);
      return operand === undefined || expression.operator === '+' ? operand : -operand;
    }
    case 'binary': {
      const left = compute(expression.left, environment);
      const right = compute(expression.right, environment);
      return left === undefined || right === undefined ? undefined : operate(expression.operator, left, right);
    }
    case 'call':
      return call(expression, environment);
    case 'missing':
      return undefined;
    default:
      environment.report('wrong-type', expression, {
        name: environment.name,
        expected: 'a number',
        found: describe(expression),
      });
      return undefined;
  }
}

function operate(operator: '+' | '-' | '*' | '/', left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      // Zero by zero is as infinite as anything else by zero: a value that cannot be used, reported once.
      return right === 0 ? Number.POSITIVE_INFINITY : left / right;
  }
}

function call(expression: Expression & { kind: 'call' }, environment: Environment): number | undefined {
  const { name, items } = expression;
  if (name.text !== 'sqrt') {
    environment.report('unknown-function', name, { name: name.text });
    return undefined;
  }
  const [item] = items;
  if (item === undefined || items.length > 1) {
    environment.report('wrong-arguments', expression, { name: 'sqrt', expected: 1, found: items.length });
    return undefined;
  }
  const value = compute(item, environment);
  if (value === undefined) return undefined;
  return value < 0 ? Number.POSITIVE_INFINITY : Math.sqrt(value);
}

/** The whole number that a computed value is, but for rounding; undefined if it is none. */
export function asWhole(value: number): number | undefined {
  const rounded = Math.round(value);
  return Math.abs(value - rounded) <= 1e-9 * Math.max(1, Math.abs(value)) ? rounded : undefined;
}

/** What somebody wrote, in words, for messages. */
export function describe(expression: Expression): string {
  switch (expression.kind) {
    case 'boolean':
      return `\`${expression.value}\``;
    case 'string':
      return 'a text';
    case 'list':
      return 'a list';
    case 'sequence':
      return 'several values';
    case 'word':
      return `the word \`${expression.text}\``;
    case 'group':
      return describe(expression.value);
    default:
      return 'a number';
  }
}
