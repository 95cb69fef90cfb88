import { expect, test } from 'vitest';
import { compareRuns } from '../../src/runs/compare-runs';
import { createRun } from '../../src/runs/create-run';
import { comparisonCsv, comparisonMarkdown, curvesCsv } from '../../src/runs/export-comparison';
import { differencesOf, patternOf, settingsOf } from '../../src/runs/spec-settings';
import { tempFolder } from '../support/temp-folder';
import { evalRow, stepRow, tinyExperiment } from '../support/tiny-experiment';

test('a spec as a flat table in the words of the language', () => {
  const settings = settingsOf(tinyExperiment());
  expect(Object.fromEntries(settings)).toMatchObject({
    'model.hidden': '16',
    'model.init_std': '0.02',
    'model.layers': 'block * 2',
    'layer block.attention': 'gqa',
    'layer block.attention.heads': '2',
    'layer block.attention.window': 'none',
    'layer block.position': 'rope',
    'layer block.position.scaling': 'none',
    'layer block.ffn.width': '32',
    'layer block.attention.norm.place': 'pre',
    'data.tokenizer': 'bytes',
    'train.optimizer': 'adamw',
    'train.optimizer.betas': '[0.9, 0.95]',
    'train.eval_every': '20',
    'train.prompts': '[The ]',
  });
});

test('only settings that differ are differences', () => {
  const base = tinyExperiment();
  expect(differencesOf([base, tinyExperiment()])).toEqual([]);
  const wide = tinyExperiment({ model: { hidden: 32, stack: ['block'] }, train: { seed: 2 } });
  expect(differencesOf([base, wide, base])).toEqual([
    { path: 'model.hidden', values: ['16', '32', '16'] },
    { path: 'model.layers', values: ['block * 2', 'block', 'block * 2'] },
    { path: 'train.seed', values: ['1', '2', '1'] },
  ]);
  const constant = tinyExperiment({ train: { schedule: { id: 'schedule.constant', config: { warmup: 0.1 } } } });
  expect(differencesOf([base, constant])).toEqual([
    { path: 'train.schedule', values: ['cosine', 'constant'] },
    { path: 'train.schedule.floor', values: ['0.1', null] },
  ]);
});

test('what runs start from is a setting, and its content counts where the paths are the same', () => {
  const root = tempFolder();
  const run = (start: string | null, sha256: string | null) => {
    const spec = tinyExperiment({ train: { start } });
    const { record } = createRun(root, { spec, source: '', file: 'model.supra', supraVersion: '0' });
    const startedFrom = sha256 === null ? null : { path: start ?? '', title: 'llama', sha256 };
    return { record: { ...record, startedFrom }, status: 'completed', history: { steps: [], evals: [] } } as const;
  };
  const differences = (...runs: readonly ReturnType<typeof run>[]) => compareRuns(runs).differences;
  expect(differences(run(null, null), run('base', 'a'))).toEqual([{ path: 'train.start', values: ['none', 'base'] }]);
  expect(differences(run('base', 'a'), run('base', 'a'), run('base', null))).toEqual([]);
  expect(differences(run('base', '0123456789'), run('base', 'abcdefghij'))).toEqual([
    { path: 'train.start', values: ['base (llama, 01234567)', 'base (llama, abcdefgh)'] },
  ]);
});

test('a stack is written as a pattern', () => {
  expect(patternOf(['a', 'a', 'b', 'a'])).toBe('a * 2, b, a');
  expect(patternOf([])).toBe('');
});

function compared(name: string) {
  const { record } = createRun(tempFolder(), {
    spec: tinyExperiment({ model: { hidden: name === 'wide, "2|x"' ? 32 : 16 } }),
    source: '',
    file: 'm',
    supraVersion: '0',
    name,
  });
  const steps = [1, 2, 3, 4].map(step => stepRow(step, { loss: step }));
  return {
    record,
    status: 'completed',
    history: { steps, evals: [evalRow(2, { loss: 2 }), evalRow(4, { loss: 3 })] },
  } as const;
}

test('values of runs side by side', () => {
  const { runs } = compareRuns([compared('a')]);
  expect(runs[0]).toMatchObject({
    steps: 4,
    tokens: 256,
    trainLoss: 2.5,
    validationLoss: 3,
    bestValidationLoss: 2,
    bestStep: 2,
    bestPerplexity: Math.exp(2),
    tokensPerSecond: 6400,
    samplesPerSecond: 400,
  });
  const empty = compareRuns([{ ...compared('a'), history: { steps: [], evals: [] } }]).runs[0];
  expect(empty).toMatchObject({ steps: 0, trainLoss: null, bestValidationLoss: null, tokensPerSecond: null });
});

test('the imbalance of experts is a row where a run has experts', () => {
  const dense = compared('a');
  const steps = Array.from({ length: 30 }, (_, index) => stepRow(index + 1, { expertImbalance: index < 10 ? 5 : 1.5 }));
  const mixed = { ...dense, history: { ...dense.history, steps } };
  const both = compareRuns([dense, mixed]);
  expect(both.runs.map(run => run.expertImbalance)).toEqual([null, 1.5]);
  expect(comparisonMarkdown(both)).toContain('| Expert imbalance, last 20 steps | - | 1.500 |');
  expect(comparisonMarkdown(compareRuns([dense]))).not.toContain('Expert imbalance');
  const points = curvesCsv([dense, mixed]).split('\r\n');
  expect(points[0]).toContain(',expertImbalance');
  expect(points.filter(line => line.includes(',1.5,'))).toHaveLength(20);
});

test('CSV and Markdown carry names with any characters', () => {
  const runs = [compared('a'), compared('wide, "2|x"')];
  const comparison = compareRuns(runs);
  const csv = comparisonCsv(comparison);
  expect(csv.split('\r\n')).toHaveLength(4);
  expect(csv).toContain('"wide, ""2|x"""');
  expect(csv.split('\r\n')[0]).toContain('model.hidden');
  const markdown = comparisonMarkdown(comparison);
  expect(markdown).toContain('| `model.hidden` | 16 | 32 |');
  expect(markdown).toContain('wide, "2\\|x"');
  expect(markdown).toContain('| Validation loss, best | 2.000 | 2.000 |');
  const curves = curvesCsv(runs).trim().split('\r\n');
  expect(curves).toHaveLength(1 + 2 * 6);
  const columns = new Set(curves.slice(1, 7).map(line => line.split(',').length));
  expect(columns).toEqual(new Set([curves[0]?.split(',').length]));
});
