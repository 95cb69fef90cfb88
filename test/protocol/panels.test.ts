import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import {
  comparePanelVersion,
  fromComparePanelSchema,
  type ToComparePanel,
  toComparePanelSchema,
} from '../../src/protocol/compare-panel';
import { open, seal } from '../../src/protocol/envelope';
import { panelPage } from '../../src/protocol/panel-page';
import { seriesMessageSchema, seriesOf } from '../../src/protocol/series';
import {
  type FromTrainingPanel,
  fromTrainingPanelSchema,
  type ToTrainingPanel,
  toTrainingPanelSchema,
  trainingPanelStateSchema,
  trainingPanelVersion,
} from '../../src/protocol/training-panel';
import { compareRuns } from '../../src/runs/compare-runs';
import { depthVersusWidth, recordOf, rowsOf, samplesOf } from '../e2e/pages/fixtures';

const [deep, , wide] = depthVersusWidth;
if (deep === undefined || wide === undefined) throw new Error('Expected three runs in the fixtures.');
const record = recordOf(wide);
const rows = rowsOf(wide, 200);
const series = { type: 'series' as const, runId: record.id, offset: { steps: 0, evals: 0 }, ...seriesOf(rows) };

const toTraining: ToTrainingPanel[] = [
  {
    type: 'run',
    record,
    shown: 'interrupted',
    etaMs: null,
    pending: 'stop',
    canResume: true,
    source: '',
    dataTokens: 5,
  },
  { type: 'progress', progress: { phase: 'Training the tokenizer', fraction: 0.43 } },
  { type: 'progress', progress: null },
  series,
  { type: 'samples', offset: 0, samples: samplesOf(500) },
  {
    type: 'experts',
    load: { version: 1, firstStep: 1, lastStep: 50, layers: [{ path: 'layers.0.ffn', tokens: [3, 0, 5] }] },
  },
  { type: 'experts', load: null },
  { type: 'missing', reason: 'Deleted.' },
  { type: 'notice', severity: 'error', text: 'No.' },
];
const fromTraining: FromTrainingPanel[] = [
  { type: 'ready', runId: null },
  { type: 'control', request: 'pause' },
  { type: 'open', target: 'compare' },
  { type: 'explain', page: 'expert-load' },
  { type: 'resync' },
  { type: 'problem', text: 'Broken.' },
];

/** As VS Code delivers a message without typed arrays. */
const overJson = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, part) => (part instanceof Float64Array ? [...part] : part)));

describe('messages of the panels', () => {
  it('pass in envelopes, with typed arrays and as JSON', () => {
    for (const message of toTraining) {
      const sealed = seal(trainingPanelVersion, message);
      expect(open(toTrainingPanelSchema, trainingPanelVersion, sealed)).toEqual({ value: message, problems: [] });
      expect(open(toTrainingPanelSchema, trainingPanelVersion, overJson(sealed)).problems).toEqual([]);
    }
    for (const message of fromTraining)
      expect(open(fromTrainingPanelSchema, trainingPanelVersion, seal(1, message)).value).toEqual(message);
  });

  it('carry what the run store compares', () => {
    const runs = [deep, wide].map(fake => {
      const made = rowsOf(fake, 100);
      const history = {
        steps: made.filter(row => row.kind === 'step'),
        evals: made.filter(row => row.kind === 'eval'),
      };
      return { record: recordOf(fake), status: 'running' as const, history };
    });
    const message = { type: 'comparison', ...compareRuns(runs) };
    const { value, problems } = open(toComparePanelSchema, comparePanelVersion, seal(comparePanelVersion, message));
    expect(problems).toEqual([]);
    const received = value as Extract<ToComparePanel, { type: 'comparison' }>;
    expect(received.runs).toHaveLength(2);
    expect(received.differences.map(({ path }) => path)).toContain('model.hidden');
  });

  it('are refused with a reason when the version differs', () => {
    const { value, problems } = open(toTrainingPanelSchema, trainingPanelVersion, seal(2, toTraining[7]));
    expect(value).toBeNull();
    expect(problems).toEqual(['Expected version 1, got 2.']);
  });

  it('are refused when a column is short, not finite or not of numbers', () => {
    const broken = (loss: unknown) => v.safeParse(seriesMessageSchema, { ...series, steps: { ...series.steps, loss } });
    expect(broken(series.steps.loss).success).toBe(true);
    expect(broken(Array.from(series.steps.loss).slice(1)).success).toBe(false);
    expect(broken(Array.from(series.steps.loss, () => Number.NaN)).success).toBe(false);
    expect(broken(Array.from(series.steps.loss, String)).success).toBe(false);
    expect(broken(undefined).success).toBe(false);
  });

  it('are refused, never thrown at, when they are junk', () => {
    const junk = fc.oneof(fc.anything(), fc.record({ version: fc.constant(1), message: fc.anything() }));
    const schemas = [toTrainingPanelSchema, fromTrainingPanelSchema, toComparePanelSchema, fromComparePanelSchema];
    fc.assert(
      fc.property(junk, received => {
        for (const schema of schemas) {
          const { value, problems } = open(schema as v.GenericSchema, 1, received);
          expect(value).toBeNull();
          expect(problems.length).toBeGreaterThan(0);
        }
      }),
    );
  });

  it('do not accept a message of another border', () => {
    const sealed = seal(1, { type: 'control', request: 'pause' });
    expect(open(fromComparePanelSchema, 1, sealed).value).toBeNull();
    expect(open(fromTrainingPanelSchema, 1, seal(1, { type: 'control', request: 'delete' })).value).toBeNull();
  });

  it('refuse a kept state of another shape', () => {
    expect(v.safeParse(trainingPanelStateSchema, { version: 1, runId: 'a' }).success).toBe(false);
    expect(v.safeParse(trainingPanelStateSchema, null).success).toBe(false);
  });
});

describe('the document of a panel', () => {
  const page = panelPage({
    title: 'Training: a <b> & "c"',
    cspSource: 'https://source.example',
    nonce: 'abc123',
    scriptUri: 'https://source.example/training.js',
    styleUri: 'https://source.example/training.css',
  });

  it('allows its own script and styles and nothing inline', () => {
    expect(page).toContain(
      `content="default-src 'none'; script-src 'nonce-abc123'; style-src https://source.example 'nonce-abc123'"`,
    );
    expect(page).not.toMatch(/unsafe|<style|style=|onclick|<script(?! nonce="abc123" src=)/);
  });

  it('escapes what it is given', () => {
    expect(page).toContain('<title>Training: a &lt;b&gt; &amp; &quot;c&quot;</title>');
  });
});
