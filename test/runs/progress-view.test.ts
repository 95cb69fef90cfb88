import { expect, test } from 'vitest';
import { createRun } from '../../src/runs/create-run';
import type { RunUpdate } from '../../src/runs/follow-run';
import { createProgressTerminal } from '../../src/runs/progress-terminal';
import {
  type ProgressState,
  progressLine,
  remainingMs,
  renderProgress,
  renderSample,
} from '../../src/runs/progress-view';
import { cutTo, harmless, painter, widthOf, wrap } from '../../src/runs/terminal-text';
import { textChart } from '../../src/runs/text-curve';
import { tempFolder } from '../support/temp-folder';
import { evalRow, stepRow, tinyExperiment } from '../support/tiny-experiment';

const record = () => ({
  ...createRun(tempFolder(), { spec: tinyExperiment(), source: '', file: 'm', supraVersion: '0' }).record,
  status: 'running' as const,
  engine: { backend: 'native', detail: 'avx2', threads: 2, peakFlopsPerSecond: 1e11 },
  best: { step: 20, loss: 1.2 },
});
const steps = Array.from({ length: 30 }, (_, index) => stepRow(index + 1));
const state = (): ProgressState => ({
  record: record(),
  status: 'running',
  preparing: null,
  steps,
  evals: [evalRow(10), evalRow(20)],
});
const plain = { width: 80, height: 24, colors: false, unicode: true };

test('the view shows progress, time left, loss, validation and speed', () => {
  const text = renderProgress(state(), { ...plain, width: 100 }).join('\n');
  expect(text).toContain('tiny · 9.31 k parameters · native, 2 threads');
  expect(text).toContain('50%  step 30 of 60  0.3 s left');
  expect(text).toMatch(/loss 1\.\d+ {3}validation 1\.140 {3}perplexity 3\.128/);
  expect(text).toContain('6.40 k tokens/s');
  expect(text).toContain('best 1.200 at 20');
});

test('the imbalance of experts is a figure of models that have them, in the frame and in the log', () => {
  const uneven = steps.map((row, index) => ({ ...row, expertImbalance: index < 10 ? 9 : 1.75 }));
  const wide = { ...plain, width: 120 };
  expect(renderProgress({ ...state(), steps: uneven }, wide).join('\n')).toContain('expert imbalance 1.75×');
  expect(progressLine(record(), uneven)).toContain('expert imbalance 1.75×');
  expect(renderProgress(state(), wide).join('\n')).not.toContain('expert');
  expect(progressLine(record(), steps)).not.toContain('expert');
});

test.each([20, 40, 80, 200])('no line is wider than a window of %d columns', width => {
  for (const colors of [false, true]) {
    for (const unicode of [false, true]) {
      for (const line of renderProgress(state(), { width, height: 30, colors, unicode })) {
        expect(widthOf(line)).toBeLessThanOrEqual(Math.max(24, width - 1));
        // biome-ignore lint/suspicious/noControlCharactersInRegex: colours must be off when they are off.
        if (!colors) expect(line).not.toMatch(/\x1b/);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: plain characters only.
        if (!unicode) expect(line.replaceAll(/[·…\x1b]/g, '')).toMatch(/^[\x20-\x7e]*$/);
      }
    }
  }
});

test('time left follows the speed of the last steps', () => {
  const slow = [...steps, stepRow(31, { elapsedMs: 30 * 10 + 10 })];
  expect(remainingMs(record(), slow)).toBeCloseTo(29 * 10);
  expect(remainingMs(record(), steps.slice(0, 1))).toBeNull();
});

test('the curve fills its box, falls from left to right and marks both ends', () => {
  const chart = { width: 40, height: 6, xEnd: 30, paint: painter(false), unicode: true };
  const lines = textChart([{ style: 'cyan', x: steps.map(row => row.step), y: steps.map(row => row.loss) }], chart);
  expect(lines).toHaveLength(6);
  expect(lines[0]).toMatch(/^ {3}5\.000 ┤/);
  expect(lines[5]).toMatch(/^ +0\.9129 ┤/);
  const firstDot = (line: string) => line.slice(10).search(/[\u2801-\u28ff]/);
  expect(firstDot(lines[0] ?? '')).toBeLessThan(firstDot(lines[5] ?? ''));
});

test('a spike between two columns is drawn', () => {
  const x = Array.from({ length: 1000 }, (_, index) => index);
  const y = x.map(index => (index === 500 ? 10 : 1));
  const lines = textChart([{ style: 'cyan', x, y }], {
    width: 30,
    height: 5,
    xEnd: 1000,
    paint: painter(false),
    unicode: false,
  });
  expect(lines[0]).toContain('*');
  expect(lines[2]).toContain('*');
});

test('samples cannot control the terminal', () => {
  const nasty = 'a\x1b]0;owned\x07\x1b[2Jb\rc\u202ed\u009b31m';
  const lines = renderSample({ step: 1200, prompt: 'The ', text: nasty }, plain).join('\n');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is the point.
  expect(lines).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
  expect(lines).toContain('step 1,200');
  expect(harmless('a\tb\n')).toBe('a  b\n');
});

test('widths count columns: wide, combining, coloured', () => {
  expect(widthOf('\x1b[31mabc\x1b[0m')).toBe(3);
  expect(widthOf('日本🙂e\u0301')).toBe(7);
  expect(cutTo('\x1b[31mabcdef\x1b[0m', 4)).toBe('\x1b[31mabc…\x1b[0m');
  expect(cutTo('日本語', 4)).toBe('日…');
  expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
  expect(wrap('日本語日本語', 5)).toEqual(['日本', '語日', '本語']);
});

const update = (change: Partial<RunUpdate>): RunUpdate => ({
  record: record(),
  status: 'running',
  problem: null,
  metrics: [],
  samples: [],
  experts: null,
  restarted: false,
  ...change,
});

test('a live terminal redraws over its own frame and leaves samples above it', () => {
  const terminal = createProgressTerminal({ ...plain, live: true });
  const first = terminal.update(update({ metrics: steps }));
  expect(first.startsWith('\x1b[?2026h\x1b[?25l\r')).toBe(true);
  const lines = first.split('\r\n').length - 1;
  const second = terminal.update(update({ samples: [{ step: 30, prompt: 'The ', text: 'whale' }] }));
  expect(second).toContain(`\x1b[${lines}A\r`);
  expect(second.indexOf('The whale')).toBeLessThan(second.indexOf('step 30 of 60'));
  const end = terminal.update(update({ status: 'completed' })) + terminal.finish();
  expect(end).toContain('completed after 30 steps');
  expect(end.endsWith('\x1b[?25h')).toBe(true);
  expect(terminal.finish()).toBe('');
});

test('without cursor movement there are only lines that stay', () => {
  const terminal = createProgressTerminal({ ...plain, live: false });
  const text = [
    terminal.preparing({ phase: 'Training the tokenizer', fraction: 0.1 }),
    terminal.preparing({ phase: 'Training the tokenizer', fraction: 0.2 }),
    ...steps.map(row => terminal.update(update({ metrics: [row] }))),
    terminal.update(update({ metrics: [evalRow(30)], samples: [{ step: 30, prompt: 'The ', text: 'whale' }] })),
    terminal.update(update({ record: { ...record(), reason: 'Stopped by you.' }, status: 'stopped' })),
    terminal.finish(),
  ].join('');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no escape sequence may be in a log.
  expect(text).not.toMatch(/\x1b/);
  const lines = text.split('\r\n');
  expect(lines.filter(line => line.startsWith('step ') && line.includes('tokens/s'))).toHaveLength(10);
  expect(lines.filter(line => line === 'Training the tokenizer')).toHaveLength(1);
  expect(text).toContain('validation loss');
  expect(text).toContain('The whale');
  expect(lines.at(-2)).toBe('Stopped by you.');
});
