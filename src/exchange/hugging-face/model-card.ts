import type { ModelCosts } from '../../architecture/costs';
import { tokensPerStep } from '../../architecture/model';
import { formatCount, formatDuration, formatFlops, formatInteger, formatMeasure } from '../../base/format';
import type { RunHistory } from '../../runs/run-history';
import type { ReadableRun } from '../../runs/run-store';
import { settingsOf } from '../../runs/spec-settings';
import { type Curve, curvesSvg, smoothed } from '../curves-svg';
import { familyOf } from './families';

/** What a model card tells of a run. */
export interface CardFacts {
  readonly record: ReadableRun['record'];
  /** The file that the model was written in. */
  readonly source: string;
  readonly costs: ModelCosts;
  readonly modelType: string;
  /** The step whose weights these are, and whether they are the average that the run kept. */
  readonly step: number;
  readonly averaged: boolean;
  readonly history: RunHistory;
  readonly supra: string;
}

/** The picture that a model card shows. */
export const curvesFile = 'curves.svg';

/** Rows of the table of losses; more are thinned out evenly. */
const mostRows = 20;

/** README.md of an exported model: what it is, how it learned, how to load it. */
export function modelCard(facts: CardFacts): string {
  const { record, source, costs, modelType, step, history } = facts;
  const table = (rows: readonly (readonly [name: string, value: string | null])[]) =>
    [
      '| | |',
      '| --- | --- |',
      ...rows.flatMap(([name, value]) => (value === null ? [] : [`| ${name} | ${value} |`])),
    ].join('\n');
  const active = costs.active === costs.total ? '' : `, ${formatCount(costs.active)} active per token`;
  const sections = [
    `# ${record.name}`,
    `A language model of ${formatCount(costs.total)} parameters${active}, trained with Supra ${facts.supra}.`,
    fenced('python', usage(modelType)),
    '## Numbers',
    table([...sizes(facts), ...training(facts)]),
    '## Curves',
    hasCurves(history)
      ? `![Loss in training and validation by step](${curvesFile})`
      : 'Nothing was recorded while it trained.',
    '## Validation loss',
    validation(history.evals, step),
    '## Specification',
    fenced('', source.trimEnd()),
  ];
  return `---
library_name: transformers
pipeline_tag: text-generation
tags:
- supra
- ${modelType}
---

${sections.join('\n\n')}
`;
}

/** Loss of the run by step; `null` where nothing was recorded. */
export function cardCurves({ record, history }: Pick<CardFacts, 'record' | 'history'>): string | null {
  if (!hasCurves(history)) return null;
  const { steps, evals } = history;
  // A hundredth of the run, so that the line is as calm in a long run as in a short one.
  const span = Math.max(1, Math.round(steps.length / 100));
  const losses = smoothed(
    steps.map(({ loss }) => loss),
    span,
  );
  // More points than the picture has columns are not seen.
  const stride = Math.max(1, Math.ceil(steps.length / 800));
  const drawn = steps.map(({ step }, index) => [step, losses[index] ?? Number.NaN] as const);
  const curves: readonly Curve[] = [
    { name: 'training', points: drawn.filter((_, index) => index % stride === 0 || index === drawn.length - 1) },
    { name: 'validation', points: evals.map(({ step, loss }) => [step, loss] as const) },
  ];
  const mean = span === 1 ? '' : `; training as the mean of ${span} steps`;
  return curvesSvg(
    curves.filter(({ points }) => points.length > 0),
    { title: `Loss of ${record.name}`, below: `steps; loss in nats per token${mean}`, height: 420 },
  );
}

const hasCurves = ({ steps, evals }: RunHistory): boolean => steps.length + evals.length > 0;

function usage(modelType: string): string {
  const family = familyOf(modelType);
  const name = family?.auto === false && family.className !== null ? family.className : 'AutoModelForCausalLM';
  const words = [name, 'AutoTokenizer'].sort();
  return `from transformers import ${words.join(', ')}

folder = "path/to/this/folder"
model = ${name}.from_pretrained(folder)
tokenizer = AutoTokenizer.from_pretrained(folder)
prompt = tokenizer("The ", return_tensors="pt")
print(tokenizer.decode(model.generate(**prompt, max_new_tokens=40)[0]))`;
}

type Rows = readonly (readonly [name: string, value: string | null])[];

function sizes({ record, costs, modelType }: CardFacts): Rows {
  const { vocab, context, hidden, stack } = record.spec.model;
  return [
    ['Class', `\`${familyOf(modelType)?.className ?? modelType}\` of transformers`],
    ['Parameters', formatInteger(costs.total)],
    ['of them active per token', costs.active === costs.total ? null : formatInteger(costs.active)],
    ['of them outside embedding and head', formatInteger(costs.nonEmbedding)],
    ['of prediction modules, on top', costs.mtp === 0 ? null : formatInteger(costs.mtp)],
    ['Layers', `${stack.length}, hidden size ${formatInteger(hidden)}`],
    ['Vocabulary', formatInteger(vocab)],
    ['Context', `${formatInteger(context)} tokens`],
  ];
}

function training({ record, step, averaged, history, supra }: CardFacts): Rows {
  const { spec, machine, engine, seed } = record;
  const settings = settingsOf(spec);
  const last = history.steps.findLast(row => row.step <= step);
  const evaluated = history.evals.find(row => row.step === step);
  const rate = settings.get('train.optimizer.lr');
  const source = spec.data.source;
  return [
    ['Data', source === null ? 'the texts that come with Supra (Moby-Dick, State of the Union)' : `\`${source}\``],
    ['Tokenizer', settings.get('data.tokenizer') ?? null],
    ['First weights', record.startedFrom == null ? 'drawn at random' : `those of ${record.startedFrom.title}`],
    ['Steps', `${formatInteger(step)} of ${formatInteger(spec.train.steps)}${averaged ? ', averaged weights' : ''}`],
    ['Tokens', `${formatCount(step * tokensPerStep(spec))}, ${formatInteger(tokensPerStep(spec))} per step`],
    ['Compute', last === undefined ? null : formatFlops(last.flops)],
    ['Optimizer', `${settings.get('train.optimizer')}${rate === undefined ? '' : `, learning rate ${rate}`}`],
    ['Precision', spec.train.precision],
    [
      'Validation loss',
      evaluated === undefined
        ? null
        : `${evaluated.loss.toFixed(4)} nats per token (perplexity ${formatMeasure(evaluated.perplexity)}, ${formatMeasure(evaluated.bitsPerByte)} bits per byte)`,
    ],
    [
      'Time',
      last === undefined
        ? null
        : `${formatDuration(last.elapsedMs)}, ${formatInteger((1000 * last.tokens) / last.elapsedMs)} tokens per second`,
    ],
    ['Machine', machine === null ? null : `${machine.cpu}, ${machine.cores} cores`],
    ['Engine', engine === null ? null : `${engine.backend}, ${engine.threads} threads`],
    ['Seed', `${seed}, Supra ${supra}`],
  ];
}

function validation(evals: RunHistory['evals'], step: number): string {
  if (evals.length === 0) return 'Nothing was held out and measured.';
  const every = Math.ceil(evals.length / mostRows);
  const best = Math.min(...evals.map(({ loss }) => loss));
  const shown = evals.filter(
    (row, index) => index % every === 0 || index === evals.length - 1 || row.step === step || row.loss === best,
  );
  const rows = shown.map(row => {
    const marks = [...(row.loss === best ? ['lowest'] : []), ...(row.step === step ? ['these weights'] : [])];
    return `| ${formatInteger(row.step)} | ${row.loss.toFixed(4)} | ${formatMeasure(row.perplexity)} | ${formatMeasure(row.bitsPerByte)} | ${marks.join(', ')} |`;
  });
  return ['| step | nats per token | perplexity | bits per byte | |', '| --: | --: | --: | --: | --- |', ...rows].join(
    '\n',
  );
}

/** A block of code, whatever marks the text itself has. */
function fenced(language: string, text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([marks]) => marks.length));
  const marks = '`'.repeat(longest + 1);
  return `${marks}${language}\n${text}\n${marks}`;
}
