import { trainBlock } from '../../architecture/blocks';
import { costsOf } from '../../architecture/costs';
import type { DataSpec, ModelSpec, TrainSpec } from '../../architecture/model';
import type { IdOf } from '../../architecture/registry';
import type { Block, Word } from '../syntax/tree';
import { closeBlock, openBlock, openSlots } from './block';
import { type Context, headerOf, refer, report, suggestionFix } from './context';
import { describe } from './evaluate';
import { type NameTable, withBases } from './names';
import type { OpenBlock, SettingSource, SpecialValue } from './open-block';
import { fitTokenizer } from './resolve-data';
import type { ResolvedData, ResolvedModel, ResolvedTrain } from './resolved';
import { reportSetting } from './settings';
import { nearest } from './suggest';

/** A run without a length reads this many tokens per parameter (Hoffmann et al., 2022). */
const tokensPerParameter = 20;

export interface Trainable {
  readonly models: readonly ResolvedModel[];
  readonly data: readonly ResolvedData[];
  /** What is read where no data block is. */
  readonly standard: DataSpec;
  readonly names: { readonly model: NameTable; readonly data: NameTable; readonly train: NameTable };
}

/** Resolves a train block: which model on which data, and for how many steps. */
export function resolveTrain(
  context: Context,
  block: Block,
  { models, data, standard, names }: Trainable,
): ResolvedTrain {
  const outer = context.entity;
  context.entity = { approximate: false };
  const resolved: OpenBlock = openBlock(context, {
    word: 'train',
    definition: trainBlock,
    written: withBases(context, block, 'train', names.train),
    anchor: block.from,
    readSpecial: (name, source) =>
      readReference(context, resolved, name, source, name === 'model' ? names.model : names.data),
  });
  openSlots(resolved);
  closeBlock(resolved);
  reportTwoLengths(context, resolved);
  const model = choose(context, resolved, 'model', models);
  const chosenData = choose(context, resolved, 'data', data);
  if (models.length === 0 && block.keyword.text !== '') report(context, 'no-model', headerOf(block), {});
  const spec = model?.spec ? specOf(resolved, model.spec) : undefined;
  const approximate = context.entity.approximate || (model?.approximate ?? false) || (chosenData?.approximate ?? false);
  context.entity = outer;
  return {
    name: block.label?.text ?? '',
    resolved,
    block,
    model,
    data: chosenData,
    spec,
    experiment:
      model?.spec && spec
        ? {
            model: model.spec,
            data: fitTokenizer(chosenData?.spec ?? standard, chosenData, model.spec, spec.start ?? null),
            train: spec,
          }
        : undefined,
    approximate,
  };
}

function readReference(
  context: Context,
  block: OpenBlock,
  kind: string,
  source: SettingSource | undefined,
  table: NameTable,
): SpecialValue {
  const value = source?.setting.value;
  if (!source || !value) return { value: undefined, broken: false };
  if (value.kind === 'missing') return { value: undefined, broken: true };
  if (value.kind !== 'word') {
    const name = value.kind === 'string' ? value.value : '';
    const params = { name: kind, expected: `the name of a ${kind} block, without quotes`, found: describe(value) };
    const fixes = suggestionFix(value, table.has(name) ? name : undefined);
    reportSetting(block, source, 'wrong-type', value, params, { fixes });
    return { value: undefined, broken: true };
  }
  const symbol = table.get(value.text);
  if (!symbol) {
    const suggestion = nearest(value.text, table.keys());
    const params = { kind, name: value.text, suggestion, known: [...table.keys()].slice(0, 9) };
    reportSetting(block, source, 'unknown-reference', value, params, { fixes: suggestionFix(value, suggestion) });
    return { value: undefined, broken: true };
  }
  refer(context, value satisfies Word, symbol);
  return { value: symbol.name, broken: false };
}

/** The block that a run names, or the only one there is. */
function choose<T extends { readonly name: string; readonly block: Block }>(
  context: Context,
  train: OpenBlock,
  kind: 'model' | 'data',
  among: readonly T[],
): T | undefined {
  const setting = train.settings.get(kind);
  if (setting?.value !== undefined) return among.find(({ name }) => name === setting.value);
  if (among.length < 2) return among[0];
  if (!setting?.broken && train.block) {
    const names = [...new Set(among.map(({ name }) => name))].filter(name => name !== '');
    report(context, 'ambiguous-reference', headerOf(train.block), { kind, names });
  }
  return undefined;
}

function reportTwoLengths(context: Context, train: OpenBlock): void {
  const [tokens, steps] = [train.sources.get('tokens')?.setting, train.sources.get('steps')?.setting];
  const own = train.block?.body?.items;
  if (!tokens || !steps || !own?.includes(tokens) || !own.includes(steps)) return;
  const related = [{ start: steps.start, end: steps.end, message: 'The length in steps.' }];
  report(context, 'tokens-and-steps', tokens.name, {}, { related });
}

/** What the run begins from, as written. */
function startOf(train: OpenBlock): string | null {
  const start = train.settings.get('start')?.value;
  return typeof start === 'string' && start.trim() !== '' ? start : null;
}

function specOf(train: OpenBlock, model: ModelSpec): TrainSpec {
  const value = (name: string) => train.settings.get(name)?.value;
  const number = (name: string): number => {
    const found = value(name);
    return typeof found === 'number' ? found : 0;
  };
  const optional = (name: string): number | null => {
    const found = value(name);
    return typeof found === 'number' ? found : null;
  };
  const prompts = value('prompts');
  const optimizer = train.slots.get('optimizer')?.instance;
  const schedule = train.slots.get('schedule')?.instance;
  if (!optimizer || !schedule) throw new Error('expected a default optimizer and schedule in the registry, got none');
  return {
    start: startOf(train),
    batch: number('batch'),
    accumulate: number('accumulate'),
    steps: stepsOf(train, model, number('batch') * number('accumulate') * model.context),
    clip: optional('clip'),
    precision: value('precision') === 'bf16' ? 'bf16' : 'fp32',
    seed: number('seed'),
    mtpWeight: number('mtp_weight'),
    ema: optional('ema'),
    evalEvery: number('eval_every'),
    evalTokens: number('eval_tokens'),
    patience: optional('patience'),
    sampleEvery: number('sample_every'),
    sampleTokens: number('sample_tokens'),
    temperature: number('temperature'),
    prompts: Array.isArray(prompts) ? prompts.filter(prompt => typeof prompt === 'string') : [],
    checkpointEvery: number('checkpoint_every'),
    keep: number('keep'),
    // The slots of these names only take optimizers and schedules.
    optimizer: { id: optimizer.id as IdOf<'optimizer'>, config: optimizer.config },
    schedule: { id: schedule.id as IdOf<'schedule'>, config: schedule.config },
  };
}

/** Steps as written, or those that read the tokens wanted; the last one may read past them. */
function stepsOf(train: OpenBlock, model: ModelSpec, tokensPerStep: number): number {
  const [steps, tokens] = [train.settings.get('steps')?.value, train.settings.get('tokens')?.value];
  // A run copied `from` another may give its length in the other unit: the nearest one counts.
  const isOwn = (name: string) => train.sources.get(name)?.inherited === false;
  const areTokensNearer = typeof tokens === 'number' && isOwn('tokens') && !isOwn('steps');
  if (typeof steps === 'number' && !areTokensNearer) return steps;
  const wanted = typeof tokens === 'number' ? tokens : tokensPerParameter * costsOf(model).total;
  return Math.max(1, Math.ceil(wanted / Math.max(1, tokensPerStep)));
}
