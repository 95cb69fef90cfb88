import { fixInsert } from '../syntax/cursor';
import type { Fix } from '../syntax/syntax-problem';
import type { Block } from '../syntax/tree';
import { type AutoUse, distinctUses } from './auto';
import { replaceFix } from './context';
import type { OpenBlock } from './open-block';
import type { SolvedSetting } from './resolved';
import { reportSetting } from './settings';
import type { Outcome } from './solve-budget';

/** Says what is wrong with the `auto` of a model, if something is; otherwise what it was solved to. */
export function tellOutcome(
  outcome: Outcome,
  uses: readonly AutoUse[],
  model: OpenBlock,
  text: string,
): SolvedSetting | undefined {
  const [use, ...others] = distinctUses(uses);
  if (use === undefined) return undefined;
  const { word, name, source } = use;
  switch (outcome.kind) {
    case 'unknown':
      return undefined;
    case 'several':
      for (const { word: second, report, source: at } of others) {
        const related = [{ start: word.start, end: word.end, message: 'The first one.' }];
        report('several-autos', second, { first: name }, { ...(at.inherited ? {} : { related }), fixes: give(use) });
      }
      return undefined;
    case 'no-effect':
      use.report('auto-without-effect', word, { name }, { fixes: give(use) });
      return undefined;
    case 'no-budget': {
      const suggested = roundCount(outcome.total);
      const fixes = [...addSetting(model.block, text, `budget = ${suggested}`), ...give(use)];
      use.report('auto-without-budget', word, { name, suggested }, { fixes });
      return undefined;
    }
    case 'unreachable':
    case 'solved': {
      const { budget, best, smaller, larger } = outcome;
      const written = model.sources.get('budget');
      if (outcome.kind === 'unreachable' && written) {
        const value = written.setting.value;
        const fixes = written.inherited ? [] : [replaceFix(value, roundCount(best.total))];
        reportSetting(model, written, 'budget-unreachable', value, { name, budget, ...best }, { fixes });
      }
      return { word, own: !source.inherited, name, budget, best, smaller, larger };
    }
  }
}

/** A likely number in place of `auto`. */
function give({ word, block, name, source }: AutoUse): readonly Fix[] {
  const field = block.definition.fields[name];
  if (source.inherited) return [];
  const likely = field?.kind === 'integer' ? field.suggestions?.[0] : field?.kind === 'pattern' ? 6 : undefined;
  return likely === undefined || (field?.kind === 'integer' && source.setting.value !== word)
    ? []
    : [replaceFix(word, String(likely))];
}

/** Writes a setting before everything else in a block. */
function addSetting(block: Block | undefined, text: string, setting: string): readonly Fix[] {
  const first = block?.body?.items[0];
  if (first === undefined) return [];
  const before = text.slice(text.lastIndexOf('\n', first.start - 1) + 1, first.start);
  const isAlone = /^[ \t]*$/.test(before);
  return [fixInsert(`Add ${setting}`, first.start, isAlone ? `${setting}\n${before}` : `${setting}  `)];
}

/** A number of parameters in two digits, as it is written in a file. */
function roundCount(value: number): string {
  const rounded = Number(value.toPrecision(2));
  const [suffix, factor] =
    rounded >= 1e9 ? ['B', 1e9] : rounded >= 1e6 ? ['M', 1e6] : rounded >= 1e3 ? ['k', 1e3] : ['', 1];
  return `${Number((rounded / Number(factor)).toPrecision(2))}${suffix}`;
}
