import { costsOf, runFlops, trainingMemory } from '../../architecture/costs';
import type { Field } from '../../architecture/fields';
import { type ExperimentSpec, type ModelSpec, tokensPerStep } from '../../architecture/model';
import { analyze } from '../analysis/analyze';
import { runChecks } from '../analysis/checks/run-checks';
import type { Problem } from '../analysis/problem';
import type { ResolvedBlock, ResolvedFile, ResolvedModel, ResolvedTrain } from '../analysis/resolved';
import type { Block, NumberLiteral } from '../syntax/tree';
import type { Analysed } from './analysed';
import { type Piece, piecesOf, sumOfPieces } from './pieces';
import type { Place } from './place';

/** What can be said about a model or a run in one number each. */
export type Figure =
  | 'auto'
  | 'parameters'
  | 'active'
  | 'mtp'
  | 'flopsPerToken'
  | 'cacheElements'
  | 'tokens'
  | 'tokensPerParameter'
  | 'runFlops'
  | 'memoryBytes';
export type Figures = ReadonlyMap<Figure, number>;

/** The file with another number in one place. */
export interface Notch {
  readonly value: number;
  readonly figures: Figures;
}

/** What a number of a spec does: what depends on it, and what its neighbours would give. */
export interface Effect {
  /** Of the model or run that the number is written in. */
  readonly here: Figures;
  readonly spec: ModelSpec;
  /** What in the model would change with it, as it is here; undefined for a run. */
  readonly depends: Piece | undefined;
  /** The next sensible value with which nothing is wrong that is not wrong now. */
  readonly down: Notch | undefined;
  readonly up: Notch | undefined;
}

/** Numbers of dimensions above this go in steps that fill whole tiles of every matrix unit. */
const wideDimensions = 128;
const wideStep = 64;
/** How many values are looked at in each direction. */
const mostTries = 24;

/** What a number does; undefined where its model or run is broken, or the number is one of a list. */
export function effectOf(analysed: Analysed, place: Place, node: NumberLiteral): Effect | undefined {
  const { setting, resolvedSetting } = place;
  if (!setting || !resolvedSetting || resolvedSetting.broken || !Number.isFinite(node.value)) return undefined;
  const { field } = resolvedSetting;
  if (field.kind !== 'integer' && field.kind !== 'number' && field.kind !== 'pattern') return undefined;
  const holder = holderOf(analysed.file, node);
  if (!holder) return undefined;
  const trial = openTrial(analysed, holder, node);
  const here = trial(node.text);
  const { model } = here ?? {};
  if (!here || !model) return undefined;
  const search = (direction: -1 | 1): (Notch & { readonly model: ModelSpec }) | undefined => {
    for (const value of candidates(field, node.value, direction, setting.value === node)) {
      const there = trial(String(value));
      if (there?.model && there.errors <= here.errors) return { value, figures: there.figures, model: there.model };
    }
    return undefined;
  };
  const [down, up] = [search(-1), search(1)];
  return {
    here: here.figures,
    spec: model,
    depends:
      holder.kind === 'model'
        ? dependsOn(
            model,
            [down, up].flatMap(notch => notch?.model ?? []),
          )
        : undefined,
    down: down && { value: down.value, figures: down.figures },
    up: up && { value: up.value, figures: up.figures },
  };
}

type Holder =
  | { readonly kind: 'model'; readonly entity: ResolvedModel }
  | { readonly kind: 'train'; readonly entity: ResolvedTrain };

/** The model or run that a number is written in. */
function holderOf({ models, trains }: ResolvedFile, node: NumberLiteral): Holder | undefined {
  const holds = ({ block }: { readonly block: Block }) => block.start <= node.start && node.end <= block.end;
  const model = models.find(holds);
  if (model) return model.approximate ? undefined : { kind: 'model', entity: model };
  const train = trains.find(holds);
  return train && !train.approximate ? { kind: 'train', entity: train } : undefined;
}

interface Outcome {
  readonly figures: Figures;
  readonly model: ModelSpec | undefined;
  readonly errors: number;
}

/** Reads what a model or run is written in, and nothing else of the file, with another text in place of a number. */
function openTrial(analysed: Analysed, { kind, entity }: Holder, node: NumberLiteral) {
  const { file, text, options } = analysed;
  const blocks = new Set(ownBlocks(file, entity.resolved));
  if (kind === 'train') {
    for (const used of [entity.model, entity.data]) {
      for (const block of used ? ownBlocks(file, used.resolved) : []) blocks.add(block);
    }
  }
  const ordered = [...blocks].sort((a, b) => a.start - b.start);
  const index = ordered.filter(({ keyword }) => keyword.text === kind).indexOf(entity.block);
  const [before, behind] = textAround(text, ordered, node);
  return (number: string): Outcome | undefined => {
    const { file: read, problems } = analyze(`${before}${number}${behind}`, options);
    const errors = errorsIn(problems) + errorsIn(runChecks(read));
    if (kind === 'train') {
      const experiment = read.trains[index]?.experiment;
      return experiment && { figures: runFigures(experiment), model: experiment.model, errors };
    }
    const model = read.models[index];
    return model?.spec && { figures: modelFigures(model, model.spec), model: model.spec, errors };
  };
}

const errorsIn = (problems: readonly Problem[]): number =>
  problems.filter(({ severity }) => severity === 'error').length;

/** The blocks of this file that a block is made of: its own and those it copies. */
const ownBlocks = ({ document }: ResolvedFile, { written }: ResolvedBlock): readonly Block[] =>
  written.filter(part => part.document === document).map(({ block }) => block);

/** The text of some blocks, cut where a number stands. */
function textAround(text: string, blocks: readonly Block[], node: NumberLiteral): readonly [string, string] {
  const before: string[] = [];
  const behind: string[] = [];
  for (const { start, end } of blocks) {
    if (end <= node.start) before.push(text.slice(start, end), '\n');
    else if (start >= node.end) behind.push('\n', text.slice(start, end));
    else {
      before.push(text.slice(start, node.start));
      behind.push(text.slice(node.end, end));
    }
  }
  return [before.join(''), behind.join('')];
}

function modelFigures({ solved }: ResolvedModel, spec: ModelSpec): Figures {
  const costs = costsOf(spec);
  return new Map<Figure, number>([
    ...(solved ? [['auto', solved.best.value] as const] : []),
    ['parameters', costs.total],
    ['active', costs.active],
    ['mtp', costs.mtp],
    ['flopsPerToken', costs.forwardFlopsPerToken],
    ['cacheElements', costs.cacheElements],
  ]);
}

function runFigures(experiment: ExperimentSpec): Figures {
  const tokens = tokensPerStep(experiment) * experiment.train.steps;
  return new Map<Figure, number>([
    ['tokens', tokens],
    ['tokensPerParameter', tokens / Math.max(1, costsOf(experiment.model).total)],
    ['runFlops', runFlops(experiment)],
    ['memoryBytes', trainingMemory(experiment).totalBytes],
  ]);
}

/** The pieces of a model that are not the same in one of its neighbours. */
function dependsOn(model: ModelSpec, neighbours: readonly ModelSpec[]): Piece {
  const others = neighbours.map(piecesOf);
  const changed = [...piecesOf(model)].filter(([name, piece]) =>
    others.some(other => {
      const there = other.get(name);
      return there === undefined || Object.entries(piece).some(([what, value]) => there[what as keyof Piece] !== value);
    }),
  );
  return sumOfPieces(changed.map(([, piece]) => piece));
}

/** The values that are worth a look in one direction, nearest first. Alone a number is its setting, in the setting's steps. */
function candidates(field: Field, value: number, direction: -1 | 1, alone: boolean): readonly number[] {
  if (!alone || field.kind === 'pattern') return Number.isInteger(value) ? [value + direction] : [];
  if (field.kind !== 'integer' && field.kind !== 'number') return [];
  const { unit, step = 1 } = field;
  if (field.kind === 'number') return [nextRound(value, direction)];
  if (unit === 'dimensions') return multiples(value, direction, value >= wideDimensions ? wideStep : step);
  if (step > 1) return multiples(value, direction, step);
  if (unit !== undefined) return [isBinary(value) ? nextPower(value, direction) : nextRound(value, direction)];
  return counts(value, direction);
}

function multiples(value: number, direction: -1 | 1, step: number): readonly number[] {
  const first = direction > 0 ? Math.floor(value / step) + 1 : Math.ceil(value / step) - 1;
  return Array.from({ length: mostTries }, (_, index) => (first + direction * index) * step).filter(next => next > 0);
}

/** Counts: of heads, of experts. The farther from here, the rounder, since what a count has to divide is round. */
function counts(value: number, direction: -1 | 1): readonly number[] {
  const found: number[] = [];
  const farthest = Math.max(4, value);
  for (let away = 1; away <= farthest && found.length < mostTries; away++) {
    const grain = 2 ** Math.max(0, Math.ceil(Math.log2(away / 4)));
    const next = value + direction * away;
    if (next >= 0 && next % grain === 0) found.push(next);
  }
  return found;
}

/** Whether a number is a small multiple of a power of two: 1024, 160 Ki, but not 1000. */
function isBinary(value: number): boolean {
  let odd = value;
  while (odd > 0 && odd % 2 === 0) odd /= 2;
  return odd < 10;
}

const nextPower = (value: number, direction: -1 | 1): number =>
  2 ** (direction > 0 ? Math.floor(Math.log2(value)) + 1 : Math.ceil(Math.log2(value)) - 1);

/** The next number that starts with 1, 2 or 5 and goes on with zeros. */
function nextRound(value: number, direction: -1 | 1): number {
  if (!(value > 0)) return value + direction;
  const power = Math.floor(Math.log10(value));
  const round = [power - 1, power, power + 1].flatMap(exponent =>
    [1, 2, 5].map(digit => Number(`${digit}e${exponent}`)),
  );
  return (direction > 0 ? round.find(next => next > value) : round.findLast(next => next < value)) ?? value;
}
