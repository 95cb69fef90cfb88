import { formatInteger } from '../../base/format';
import { type Rows, row } from './problem-row';

/** What the messages about budgets need to know. */
export interface BudgetParams {
  'auto-outside-model': { readonly name: string };
  'auto-without-budget': { readonly name: string; readonly suggested: string };
  'several-autos': { readonly first: string };
  'auto-without-effect': { readonly name: string };
  'budget-unreachable': {
    readonly name: string;
    readonly budget: number;
    /** The end of what the setting can be, and the parameters of the model there. */
    readonly value: number;
    readonly total: number;
  };
}

const quote = (text: string): string => `\`${text}\``;

/** Severity, title and message of what a budget cannot decide. They are part of the one table in problems.ts. */
export const budgetRows: Rows<BudgetParams> = {
  'auto-outside-model': row(
    'Nothing to solve for',
    ({ name }) =>
      `Only a setting of a model can be \`auto\`: it is solved from the \`budget\` of the model, and ${quote(name)} has none. Give it a number.`,
  ),
  'auto-without-budget': row(
    'Nothing to solve for',
    ({ name, suggested }) =>
      `${quote(name)} is \`auto\`, and the model has no \`budget\` to solve it from. Add ${quote(`budget = ${suggested}`)}, or give it a number.`,
  ),
  'several-autos': row(
    'Two unknowns',
    ({ first }) => `One budget decides one number, and ${quote(first)} is \`auto\` already. Give one of them a number.`,
  ),
  'auto-without-effect': row(
    'Nothing to solve',
    ({ name }) =>
      `The number of parameters does not depend on ${quote(name)}, so no budget can decide it. Give it a number.`,
  ),
  'budget-unreachable': row('Budget out of reach', ({ name, budget, value, total }) =>
    total > budget
      ? `With ${quote(name)} as small as can be (${formatInteger(value)}), the model still has ${formatInteger(total)} parameters. Raise the budget, or make something else smaller.`
      : `With ${quote(name)} as large as can be (${formatInteger(value)}), the model has only ${formatInteger(total)} parameters. Lower the budget, or make something else larger.`,
  ),
};
