import { formatInteger } from '../../base/format';
import type { SyntaxParams } from '../syntax/syntax-problem';
import { unitNames } from '../syntax/units';
import { type BudgetParams, budgetRows } from './budget-problems';
import { type CheckParams, checkRows } from './checks/check-problems';
import type { Severity } from './problem';
import { type Rows, row, withPages } from './problem-row';

/** What the messages of the resolver need to know. A `suggestion` is a legal word near the written one. */
export interface ResolveParams {
  'unknown-block': { readonly word: string; readonly place: string; readonly suggestion: string | undefined };
  'misplaced-block': { readonly word: string; readonly place: string; readonly belongs: readonly string[] };
  'unknown-setting': {
    readonly word: string;
    readonly place: string;
    readonly suggestion: string | undefined;
    /** Blocks that do have a setting of this name. */
    readonly belongs: readonly string[];
  };
  'setting-without-block': { readonly word: string; readonly belongs: readonly string[] };
  'setting-not-block': { readonly word: string; readonly value: string | undefined };
  'block-not-setting': { readonly word: string; readonly variant: string };
  'unknown-variant': {
    readonly slot: string;
    readonly word: string;
    readonly suggestion: string | undefined;
    readonly known: readonly string[];
  };
  'missing-variant': { readonly slot: string; readonly known: readonly string[] };
  'missing-name': { readonly block: string };
  'unexpected-name': { readonly block: string; readonly name: string };
  'from-not-allowed': { readonly block: string };
  'missing-setting': { readonly block: string; readonly names: readonly string[] };
  'duplicate-setting': { readonly name: string };
  'duplicate-block': { readonly word: string; readonly place: string };
  'duplicate-name': { readonly kind: string; readonly name: string };
  'wrong-type': { readonly name: string; readonly expected: string; readonly found: string };
  'unknown-choice': {
    readonly name: string;
    readonly word: string;
    readonly suggestion: string | undefined;
    readonly choices: readonly string[];
  };
  'unknown-name': {
    readonly name: string;
    readonly suggestion: string | undefined;
    readonly visible: readonly string[];
  };
  'unknown-function': { readonly name: string };
  'wrong-arguments': { readonly name: string; readonly expected: number; readonly found: number };
  'not-whole': { readonly name: string; readonly value: number; readonly formula: string | undefined };
  'default-not-whole': { readonly name: string; readonly value: number; readonly formula: string };
  'not-finite': { readonly name: string; readonly formula: string };
  'out-of-range': {
    readonly name: string;
    readonly value: number;
    readonly min: number | undefined;
    readonly max: number | undefined;
    readonly exclusiveMin: boolean;
  };
  'wrong-unit': { readonly name: string; readonly unit: string; readonly counts: string };
  'wrong-length': { readonly name: string; readonly expected: number; readonly found: number };
  'unquoted-text': { readonly name: string; readonly text: string };
  'cyclic-value': { readonly name: string };
  'unknown-reference': {
    readonly kind: string;
    readonly name: string;
    readonly suggestion: string | undefined;
    readonly known: readonly string[];
  };
  'ambiguous-reference': { readonly kind: string; readonly names: readonly string[] };
  'no-model': object;
  'cyclic-from': { readonly chain: readonly string[] };
  'not-a-pattern': { readonly text: string };
  'too-many-layers': { readonly max: number };
  'empty-layer': { readonly name: string };
  'unused-layer': { readonly name: string };
  'tokens-and-steps': object;
}

export interface ProblemParams extends SyntaxParams, ResolveParams, BudgetParams, CheckParams {}
export type ProblemCode = keyof ProblemParams;

/** Everything known about a code, whatever its parameters. */
export interface ProblemRow<Params> {
  readonly severity: Severity;
  /** A few words: the heading of its page. */
  readonly title: string;
  /** Its page under docs/, without `.md`, with the heading where the page holds several. */
  readonly docs: string;
  readonly message: (params: Params) => string;
  /** The text it marks has no effect, so editors fade it. */
  readonly unnecessary?: boolean;
}
export type ProblemRows<Params> = { readonly [Code in keyof Params]: ProblemRow<Params[Code]> };

const quote = (text: string): string => `\`${text}\``;
const list = (words: readonly string[], last = 'or'): string => {
  const quoted = words.map(quote);
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} ${last} ${quoted.at(-1)}`;
};
const few = (words: readonly string[]): string =>
  words.length > 8 ? `${words.slice(0, 8).map(quote).join(', ')}, …` : list(words);
const didYouMean = (suggestion: string | undefined): string =>
  suggestion === undefined ? '' : ` Did you mean ${quote(suggestion)}?`;
const shown = (value: number): string =>
  Number.isInteger(value) ? formatInteger(value) : String(Number(value.toPrecision(6)));

const syntaxRows: Rows<SyntaxParams> = {
  'unexpected-character': row(
    'Unknown character',
    ({ character }) => `${quote(character)} has no meaning outside of a text in quotes. Remove it.`,
  ),
  'unclosed-string': row(
    'Text without its end',
    () => 'This text is not closed: a text ends on its line with ". Add the closing quote.',
  ),
  'wrong-quotes': row('Single quotes', () => 'Texts stand in double quotes.'),
  'wrong-comment': row('Comment with //', () => 'Comments start with #.'),
  'bad-number': row('Not a number', ({ text }) => `${quote(text)} is not a number: it has two decimal points.`),
  'unknown-unit': row(
    'Unknown unit',
    ({ number, unit, suggestion }) =>
      `${quote(unit)} is not a unit: after a number may stand ${list(unitNames)}.${didYouMean(suggestion && number + suggestion)}`,
  ),
  'bad-name': row(
    'Not a name',
    ({ text, suggestion }) =>
      `${quote(text)} cannot be a name: names start with a letter and go on with letters, digits and _. Write ${quote(suggestion)}.`,
  ),
  'name-expected': row('Name missing', ({ after }) => `A name should follow ${quote(after)}.`),
  'value-expected': row('Value missing', ({ after }) => `A value should follow ${quote(after)}.`),
  'equals-expected': row(
    'Equals sign missing',
    ({ name }) => `A setting is written ${quote(`${name} = value`)}: the = is missing.`,
  ),
  'comma-expected': row('Comma missing', () => 'The values of a list are separated by commas.'),
  'unexpected-text': row('Unexpected text', ({ text, after }) =>
    after === undefined
      ? `${quote(text)} cannot stand here: a line is a setting (\`name = value\`) or a block (\`word variant { … }\`).`
      : `${quote(text)} cannot follow ${quote(after)}: the line should end here, or an operator is missing.`,
  ),
  'unclosed-block': row('Block without its end', ({ block }) => `The { of ${quote(block)} is never closed. Add the }.`),
  'unopened-block': row(
    'Block without its start',
    ({ block }) => `The lines below belong to ${quote(block)}, but its { is missing.`,
  ),
  'unmatched-brace': row('Closing brace too many', () => 'This } closes nothing. Remove it.'),
  'unclosed-bracket': row(
    'Bracket without its end',
    ({ open, close }) => `This ${open} is never closed. Add the ${close}.`,
  ),
  'unmatched-bracket': row('Closing bracket too many', ({ bracket }) => `This ${bracket} closes nothing. Remove it.`),
  'too-deep': row(
    'Too deep',
    () => 'This goes too deep: too many brackets, operators or copies of copies. Split it up.',
  ),
};

const resolveRows: Rows<ResolveParams> = {
  'unknown-block': row(
    'Unknown block',
    ({ word, place, suggestion }) => `There is no block ${quote(word)} in ${place}.${didYouMean(suggestion)}`,
  ),
  'misplaced-block': row(
    'Block in the wrong place',
    ({ word, place, belongs }) =>
      `${quote(word)} does not belong in ${place}. It stands ${belongs.length === 0 ? 'at the top of the file' : `inside ${list(belongs)}`}.`,
  ),
  'unknown-setting': row('Unknown setting', ({ word, place, suggestion, belongs }) => {
    const elsewhere =
      suggestion === undefined && belongs.length > 0 ? ` It is a setting of ${few(belongs)}.` : didYouMean(suggestion);
    return `There is no setting ${quote(word)} in ${place}.${elsewhere}`;
  }),
  'setting-without-block': row(
    'Setting outside of a block',
    ({ word, belongs }) =>
      `${quote(word)} stands outside of every block.${belongs.length > 0 ? ` It is a setting of ${few(belongs)}.` : ' Move it into one.'}`,
  ),
  'setting-not-block': row('Setting without a value', ({ word, value }) =>
    value === undefined
      ? `${quote(word)} is a setting and needs a value: write ${quote(`${word} = …`)}.`
      : `${quote(word)} is a setting: write ${quote(`${word} = ${value}`)}.`,
  ),
  'block-not-setting': row(
    'Block written as a setting',
    ({ word, variant }) => `${quote(word)} is a block, so it has no =: write ${quote(`${word} ${variant}`)}.`,
  ),
  'unknown-variant': row(
    'Unknown variant',
    ({ slot, word, suggestion, known }) =>
      `There is no ${slot} called ${quote(word)}.${suggestion === undefined ? ` Known: ${few(known)}.` : didYouMean(suggestion)}`,
  ),
  'missing-variant': row(
    'Variant missing',
    ({ slot, known }) =>
      `Say which ${slot}: ${few(known.map(word => `${slot} ${word}`))}. It can only be left out where a block is copied with \`from\`.`,
  ),
  'missing-name': row(
    'Name missing',
    ({ block }) => `${quote(block)} needs a name: write ${quote(`${block} some_name {`)}.`,
  ),
  'unexpected-name': row(
    'Word too many',
    ({ block, name }) => `${quote(name)} cannot follow ${quote(block)}, which has no name. Remove it.`,
  ),
  'from-not-allowed': row(
    'Nothing to copy from',
    ({ block }) => `Only models, layers, data and runs can be copied with \`from\`, not ${quote(block)}.`,
  ),
  'missing-setting': row(
    'Setting missing',
    ({ block, names }) =>
      `${quote(block)} lacks ${list(names, 'and')}: ${names.length > 1 ? 'they have' : 'it has'} no default.`,
  ),
  'duplicate-setting': row(
    'Setting twice',
    ({ name }) => `${quote(name)} is already set in this block; this one is ignored. Remove one of them.`,
  ),
  'duplicate-block': row(
    'Block twice',
    ({ word, place }) => `${place} already has its ${quote(word)}; this one is ignored. Remove one of them.`,
  ),
  'duplicate-name': row(
    'Name used twice',
    ({ kind, name }) => `There is already a ${kind} called ${quote(name)}. Give this one another name.`,
  ),
  'wrong-type': row(
    'Value of the wrong kind',
    ({ name, expected, found }) => `${quote(name)} is ${expected}, not ${found}.`,
  ),
  'unknown-choice': row(
    'Unknown choice',
    ({ name, word, suggestion, choices }) =>
      `${quote(word)} is no choice for ${quote(name)}: it is ${few(choices)}.${didYouMean(suggestion)}`,
  ),
  'unknown-name': row('Unknown name', ({ name, suggestion, visible }) => {
    const help = suggestion === undefined ? ` Visible here: ${few(visible)}.` : didYouMean(suggestion);
    return `There is no number called ${quote(name)} here.${visible.length > 0 ? help : ''}`;
  }),
  'unknown-function': row(
    'Unknown function',
    ({ name }) => `There is no function ${quote(name)}. The only one is \`sqrt( )\`.`,
  ),
  'wrong-arguments': row(
    'Wrong number of arguments',
    ({ name, expected, found }) => `${quote(name)} takes ${expected} value${expected === 1 ? '' : 's'}, not ${found}.`,
  ),
  'not-whole': row('Not a whole number', ({ name, value, formula }) => {
    const what = formula === undefined ? shown(value) : `${quote(formula)} = ${shown(value)}`;
    return `${quote(name)} must be a whole number, and ${what} is not. Use a number such as ${shown(Math.round(value))}.`;
  }),
  'default-not-whole': row(
    'Default that is not whole',
    ({ name, value, formula }) =>
      `${quote(name)} is ${quote(formula)} unless it is set, and that is ${shown(value)}: not a whole number. Change this number or set ${quote(name)}.`,
  ),
  'not-finite': row(
    'Not a number',
    ({ name, formula }) => `${quote(name)} has no value: ${quote(formula)} divides by zero or leaves the real numbers.`,
  ),
  'out-of-range': row('Value out of range', ({ name, value, min, max, exclusiveMin }) => {
    const low = min === undefined ? undefined : exclusiveMin ? `above ${shown(min)}` : `at least ${shown(min)}`;
    const high = max === undefined ? undefined : `at most ${shown(max)}`;
    const range = [low, high].filter(part => part !== undefined).join(' and ');
    return `${quote(name)} must be ${range}; ${shown(value)} is not.`;
  }),
  'wrong-unit': row(
    'Unit that does not fit',
    ({ name, unit, counts }) => `${quote(name)} is a number of ${counts}, so ${unit} makes no sense here.`,
  ),
  'wrong-length': row(
    'List of the wrong length',
    ({ name, expected, found }) => `${quote(name)} is a list of ${expected} numbers; this one has ${found}.`,
  ),
  'unquoted-text': row(
    'Text without quotes',
    ({ name, text }) => `${quote(name)} is a text: write ${quote(`"${text}"`)}.`,
  ),
  'cyclic-value': row(
    'Value that needs itself',
    ({ name }) => `The value of ${quote(name)} needs the value of ${quote(name)}. Give one of the settings a number.`,
  ),
  'unknown-reference': row('Unknown name', ({ kind, name, suggestion, known }) => {
    const help = suggestion === undefined && known.length > 0 ? ` There is ${few(known)}.` : didYouMean(suggestion);
    return `There is no ${kind} called ${quote(name)}.${help}`;
  }),
  'ambiguous-reference': row(
    'Which one?',
    ({ kind, names }) =>
      `The file has several ${kind} blocks: say which with ${few(names.map(name => `${kind} = ${name}`))}.`,
  ),
  'no-model': row('Nothing to train', () => 'There is no model to train in this file. Add a `model` block.'),
  'cyclic-from': row(
    'Copied from itself',
    ({ chain }) => `${chain.map(quote).join(' from ')}: this goes in a circle. Write one of them in full.`,
  ),
  'not-a-pattern': row(
    'Not a pattern of layers',
    ({ text }) => `${quote(text)} is not a pattern of layers. Write \`block * 12\` or \`(local * 5, global) * 4\`.`,
  ),
  'too-many-layers': row('Too many layers', ({ max }) => `This pattern gives more than ${shown(max)} layers.`),
  'empty-layer': row(
    'Layer without content',
    ({ name }) => `The layer ${quote(name)} does nothing: give it attention or an ffn.`,
  ),
  'unused-layer': {
    ...row('Layer not used', ({ name }) => `The layer ${quote(name)} is not used in \`layers\`.`, 'hint'),
    unnecessary: true,
  },
  'tokens-and-steps': row(
    'Two lengths',
    () => 'The length of the run is given twice, in tokens and in steps; the tokens are ignored. Remove one of them.',
  ),
};

/** Every code with its severity, title, page and message. */
export const problemTable: ProblemRows<ProblemParams> = {
  ...withPages({ ...syntaxRows, ...resolveRows, ...budgetRows }, code => `language-problems#${code}`),
  ...checkRows,
};

export const problemCodes = Object.keys(problemTable) as readonly ProblemCode[];

export function isProblemCode(text: string): text is ProblemCode {
  return Object.hasOwn(problemTable, text);
}

/** The message of a code for some parameters. */
export function messageOf<Code extends ProblemCode>(code: Code, params: ProblemParams[Code]): string {
  const { message }: ProblemRow<ProblemParams[Code]> = problemTable[code];
  return message(params);
}
