import { expect, test } from 'vitest';
import { costsOf } from '../../src/architecture/costs';
import { type CardFacts, cardCurves, modelCard } from '../../src/exchange/hugging-face/model-card';
import { createRun } from '../../src/runs/create-run';
import { tempFolder } from '../support/temp-folder';
import { evalRow, stepRow, tinyExperiment } from '../support/tiny-experiment';

const steps = Array.from({ length: 4 }, (_, index) => stepRow(index + 1, { loss: 5 - index }));
const evals = [evalRow(2, { loss: 3.25, perplexity: 25.8 }), evalRow(4, { loss: 3.5, perplexity: 33.1 })];

function factsOf(changes: Partial<CardFacts> = {}): CardFacts {
  const spec = tinyExperiment();
  const { record } = createRun(tempFolder(), { spec, source: '', file: 'model.supra', supraVersion: '0' });
  return {
    record,
    source: 'model tiny { hidden = 16 }\n',
    costs: costsOf(spec.model),
    modelType: 'llama',
    step: 2,
    averaged: false,
    history: { steps, evals, samples: [] },
    supra: '1.2.3',
    ...changes,
  };
}

/** A row of the table of numbers. */
const numberOf = (card: string, name: string): string | undefined =>
  card
    .split('\n')
    .find(line => line.startsWith(`| ${name} | `))
    ?.slice(`| ${name} | `.length, -2);

test('a card tells what the model is, how it learned, and which checkpoint it holds', () => {
  const facts = factsOf();
  const card = modelCard(facts);
  expect(numberOf(card, 'Parameters')).toBe(facts.costs.total.toLocaleString('en-US'));
  expect(numberOf(card, 'Class')).toBe('`LlamaForCausalLM` of transformers');
  expect(numberOf(card, 'Steps')).toBe(`2 of ${facts.record.spec.train.steps}`);
  expect(numberOf(card, 'First weights')).toBe('drawn at random');
  expect(numberOf(card, 'Validation loss')).toContain('3.2500 nats per token (perplexity 25.8');
  expect(card).toMatch(/\| 2 \| 3\.2500 \|.*lowest, these weights \|\n\| 4 \| 3\.5000 \|.*\| {2}\|/);
  expect(card).toContain('AutoModelForCausalLM.from_pretrained(folder)');
  expect(card).toContain('```\nmodel tiny { hidden = 16 }\n```');
});

test('averaged weights, a start from others, and a class that only its own name loads are told', () => {
  const base = factsOf({ averaged: true, modelType: 'mistral4' });
  const startedFrom = { path: 'base', title: 'run before, step 60', sha256: '0' };
  const card = modelCard({ ...base, record: { ...base.record, startedFrom } });
  expect(numberOf(card, 'Steps')).toContain('averaged weights');
  expect(numberOf(card, 'First weights')).toBe('those of run before, step 60');
  expect(card).toContain('Mistral4ForCausalLM.from_pretrained(folder)');
  expect(card).not.toContain('AutoModelForCausalLM');
});

test('a specification with marks of code in it stays one block', () => {
  expect(modelCard(factsOf({ source: '# ```` and more\n' }))).toContain('`````\n# ```` and more\n`````');
});

test('of many evaluations the table keeps an even few, the lowest, and the one of these weights', () => {
  const many = Array.from({ length: 100 }, (_, index) => evalRow(index + 1, { loss: index === 51 ? 1 : 2 }));
  const card = modelCard(factsOf({ step: 38, history: { steps: [], evals: many, samples: [] } }));
  const shown = [...card.matchAll(/^\| (\d+) \| \d\.\d{4} \|/gm)].map(([, step]) => Number(step));
  expect(shown).toEqual(
    [...new Set([...Array.from({ length: 20 }, (_, index) => 5 * index + 1), 38, 52, 100])].sort((a, b) => a - b),
  );
});

test('the curves are those that were recorded; without any there is no picture', () => {
  const facts = factsOf();
  const svg = cardCurves({ ...facts, record: { ...facts.record, name: 'a <b> & "c"' } }) ?? '';
  expect(svg).toContain('Loss of a &#60;b&#62; &#38; &#34;c&#34;');
  expect([...svg.matchAll(/ points="([^"]+)"/g)].map(([, points = '']) => points.split(' ').length)).toEqual([4, 2]);
  expect(svg).toContain('>training 2.00<');
  expect(svg).toContain('>validation 3.50<');
  const empty = factsOf({ history: { steps: [], evals: [], samples: [] } });
  expect(cardCurves(empty)).toBeNull();
  expect(modelCard(empty)).not.toContain('curves.svg');
});
