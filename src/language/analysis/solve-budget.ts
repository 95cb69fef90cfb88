import { parametersOf } from '../../architecture/costs';
import { firstReaching } from '../../base/first-reaching';
import { parse } from '../syntax/parser';
import { type AutoUse, distinctUses } from './auto';
import { runChecks } from './checks/run-checks';
import { maxLayers } from './pattern';
import type { Problem } from './problem';
import type { ResolvedFile, ResolvedModel, SizedValue, WrittenBlock } from './resolved';

/** The model with a number in place of `auto`, and what is wrong with it then. */
export type Trial = (auto: (use: AutoUse) => number | undefined) => {
  readonly model: ResolvedModel;
  readonly problems: readonly Problem[];
};

/** What a budget made of `auto`. `best` is there whenever a number is. */
export type Outcome =
  | {
      readonly kind: 'solved' | 'unreachable';
      readonly budget: number;
      readonly best: SizedValue;
      readonly smaller: SizedValue | undefined;
      readonly larger: SizedValue | undefined;
    }
  | {
      readonly kind: 'no-budget' /** The size of the model with a likely number. */;
      readonly total: number;
      readonly best?: undefined;
    }
  /** `unknown`: the budget is written, but broken. */
  | { readonly kind: 'several' | 'no-effect' | 'unknown'; readonly best?: undefined };

/** A nearest size that misses the budget by more than this, at an end of the range, is no answer. */
const largestMiss = 0.1;
/** How far from the size wanted a value that fits the rest of the model is looked for, in steps. */
const farthest = 32;
const largest = 2 ** 31;
const emptyDocument = parse('').value;

/** Outcomes by the text of the model: nothing else decides them, and most typing is elsewhere. */
const known = new Map<string, Outcome | undefined>();
const mostKnown = 64;

/** Solves the one setting of a model that is `auto`. Undefined where none is. */
export function solveBudget(written: readonly WrittenBlock[], openTrial: () => Trial): Outcome | undefined {
  const text = written.map(({ block, document }) => document.text.slice(block.start, block.end)).join('\0');
  if (!/\bauto\b/.test(text)) return undefined;
  if (!known.has(text)) {
    const outcome = solve(openTrial());
    if (known.size >= mostKnown) known.clear();
    known.set(text, outcome);
  }
  return known.get(text);
}

function solve(trial: Trial): Outcome | undefined {
  const uses: AutoUse[] = [];
  const first = trial(use => {
    uses.push(use);
    return 64;
  });
  const [use, second] = distinctUses(uses);
  if (use === undefined) return undefined;
  if (second !== undefined) return { kind: 'several' };
  const budget = first.model.resolved.settings.get('budget');
  if (budget?.broken) return { kind: 'unknown' };
  const range = rangeOf(use);
  const look = lookWith(trial, use, range.step);
  if (typeof budget?.value !== 'number') return { kind: 'no-budget', total: look(range.guess).total };
  return search(budget.value, range, look);
}

interface Range {
  /** In steps. */
  readonly low: number;
  readonly high: number;
  readonly guess: number;
  readonly step: number;
}

/** What `auto` can be. Alone it is the setting, in its sensible steps; inside arithmetic any whole number. */
function rangeOf({ word, block, name, source }: AutoUse): Range {
  const field = block.definition.fields[name];
  if (field?.kind === 'pattern') return { low: 1, high: maxLayers, guess: 8, step: 1 };
  if (field?.kind !== 'integer' || source.setting.value !== word) return { low: 1, high: largest, guess: 8, step: 1 };
  const { step = 1, min = 1, max = largest, suggestions = [] } = field;
  const inSteps = (value: number) => Math.max(1, Math.floor(value / step));
  return { low: Math.max(1, Math.ceil(min / step)), high: inSteps(max), guess: inSteps(suggestions[0] ?? 8), step };
}

interface Look extends SizedValue {
  readonly problems: readonly Problem[];
  readonly model: ResolvedModel;
}

/** The model at a number of steps, looked at once. What a setting cannot be counts as larger than anything. */
function lookWith(trial: Trial, { name }: AutoUse, step: number): (steps: number) => Look {
  const looks = new Map<number, Look>();
  return steps => {
    const seen = looks.get(steps);
    if (seen) return seen;
    let holder: AutoUse['block'] | undefined;
    const { model, problems } = trial(({ block }) => {
      holder = block;
      return steps * step;
    });
    const setting = holder?.settings.get(name);
    // A pattern that is too long is cut, so that it can still be counted.
    const isUsable = setting?.field.kind === 'pattern' || setting?.broken === false;
    const total = isUsable && model.spec ? parametersOf(model.spec) : Number.POSITIVE_INFINITY;
    const look = { value: steps * step, total, problems, model };
    looks.set(steps, look);
    return look;
  };
}

function search(budget: number, range: Range, look: (steps: number) => Look): Outcome {
  // What else is wrong with the model is wrong at every size.
  let fewest = Number.POSITIVE_INFINITY;
  const place = firstReaching(budget, range, steps => {
    const { total, problems } = look(steps);
    fewest = Math.min(fewest, errorsIn(problems));
    return total;
  });
  const fits = ({ problems, model, total }: Look): boolean =>
    Number.isFinite(total) && errorsIn(problems) <= fewest && errorsIn(runChecks(fileOf(model))) === 0;
  const walk = (from: number, direction: 1 | -1, accept: (at: Look) => boolean): Look | undefined => {
    for (let away = 0; away < farthest; away++) {
      const steps = from + direction * away;
      if (steps < range.low || steps > range.high) return undefined;
      if (accept(look(steps))) return look(steps);
    }
    return undefined;
  };
  const stepsOf = ({ value }: Look) => value / range.step;
  const isWithoutEffect = (): boolean => {
    const least = walk(range.low, 1, fits);
    const next = least && walk(stepsOf(least) + 1, 1, fits);
    return least !== undefined && least.total === next?.total;
  };
  const isSized = ({ total }: Look) => Number.isFinite(total);
  let [below, above] = [walk(place - 1, -1, fits), walk(place, 1, fits)];
  // Where nothing fits, whatever is wrong is said about the nearest size.
  if (!below && !above) [below, above] = [walk(place - 1, -1, isSized), walk(place, 1, isSized)];
  const best = nearer(budget, below, above);
  if (best === undefined) return { kind: 'unknown' };
  const misses = Math.abs(best.total - budget) > largestMiss * budget;
  const isAtEnd = best === above ? below === undefined : above === undefined;
  if ((misses || isAtEnd) && isWithoutEffect()) return { kind: 'no-effect' };
  return {
    kind: misses && isAtEnd ? 'unreachable' : 'solved',
    budget,
    best: sized(best),
    smaller: optional(best === above ? below : walk(stepsOf(best) - 1, -1, fits)),
    larger: optional(best === below ? above : walk(stepsOf(best) + 1, 1, fits)),
  };
}

/** The one whose size is nearer; of two equally near the smaller. */
function nearer(budget: number, below: Look | undefined, above: Look | undefined): Look | undefined {
  if (below === undefined || above === undefined) return below ?? above;
  return budget - below.total <= above.total - budget ? below : above;
}

const sized = ({ value, total }: Look): SizedValue => ({ value, total });
const optional = (look: Look | undefined): SizedValue | undefined => (look === undefined ? undefined : sized(look));

const errorsIn = (problems: readonly Problem[]): number =>
  problems.filter(({ severity }) => severity === 'error').length;

/** A file of one model, as rules see it. */
const fileOf = (model: ResolvedModel): ResolvedFile => ({
  document: emptyDocument,
  models: [model],
  data: [],
  trains: [],
  blocks: new Map(),
  symbols: [],
  references: new Map(),
});
