import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { seriesOf } from '../../../src/protocol/series';
import { depthVersusWidth, type FakeRun, recordOf, rowsOf, samplesOf, sourceOf } from './fixtures';
import {
  changeTheme,
  expect,
  frames,
  inked,
  openPanel,
  plain,
  post,
  resultsFolder,
  type Stage,
  type Stub,
  shooter,
  stubOf,
} from './panel-stage';

export const wide = depthVersusWidth[2] as FakeRun;

/** What the host says of a run. */
export function runMessage(changed: object = {}, record: Parameters<typeof recordOf>[1] = {}) {
  return {
    type: 'run',
    record: recordOf(wide, { best: { step: 2150, loss: 3.71 }, ...record }),
    shown: 'running',
    etaMs: 187_000,
    pending: null,
    canResume: true,
    source: sourceOf(wide),
    dataTokens: 1_310_000,
    ...changed,
  };
}

const shoot = shooter('training');

/** The training panel with little, with much, in every theme. */
export async function training(stage: Stage): Promise<void> {
  await preparation(stage);
  await journey(stage);
  await endings(stage);
  await started(stage);
  await manyPoints(stage);
}

async function preparation(stage: Stage): Promise<void> {
  console.log('training: preparing and missing');
  const page = await openPanel(stage, { panel: 'training', width: 1100, height: 620 });
  const asked = async () => (await stubOf(page)).sent.filter(({ message }) => message.type === 'ready').length;
  await page.waitForTimeout(1200);
  expect((await asked()) === 2, 'a page that nobody answers asks again');
  await post(page, [
    runMessage({ shown: 'preparing', etaMs: null }, { status: 'preparing', best: null }),
    { type: 'progress', progress: { phase: 'Training the tokenizer', fraction: 0.43 } },
  ]);
  expect(
    ((await page.locator('.preparing').textContent()) ?? '').includes('Training the tokenizer'),
    'the phase in words',
  );
  expect(((await page.locator('.preparing').textContent()) ?? '').includes('43%'), 'the share of the phase');
  await shoot(page, 'preparing');
  const before = await asked();
  await page.waitForTimeout(2500);
  expect((await asked()) === before, 'and no more once it is answered');
  await post(page, [
    { type: 'missing', reason: 'The folder of this run was deleted. Train the model again to see curves here.' },
  ]);
  expect(await page.getByText('No run to show').isVisible(), 'the empty state');
  await page.getByRole('button', { name: 'Train Model' }).click();
  expect(
    (await stubOf(page)).sent.some(({ message }) => message.target === 'train'),
    'a message of the empty state',
  );
  await shoot(page, 'missing');
  await post(page, [{ type: 'nonsense' }, 'junk']);
  const problems = (await stubOf(page)).sent.filter(({ message }) => message.type === 'problem');
  expect(problems.length === 2, 'junk refused and reported, page alive');
  await page.context().close();
}

async function journey(stage: Stage): Promise<void> {
  console.log('training: a run of 2,150 steps');
  const page = await openPanel(stage, { panel: 'training' });
  const series = seriesOf(rowsOf(wide, 2150));
  await post(page, [
    runMessage(),
    {
      type: 'series',
      runId: 'x',
      offset: { steps: 0, evals: 0 },
      steps: plain(series.steps),
      evals: plain(series.evals),
    },
    { type: 'samples', offset: 0, samples: samplesOf(2150) },
  ]);
  for (const name of ['Loss', 'Learning rate', 'Gradient norm', 'Tokens/s'])
    expect((await inked(page, `section[aria-label="${name}"] canvas`)) > 0.005, `something drawn in ${name}`);
  await shoot(page, 'dark');
  for (const theme of ['light', 'hc'] as const) {
    await changeTheme(page, theme);
    await shoot(page, theme);
  }
  await changeTheme(page, 'dark');

  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('button', { name: 'Compare with…' }).click();
  await page.getByRole('button', { name: 'Open spec' }).click();
  const sent = (await stubOf(page)).sent.map(({ message }) => message.request ?? message.target ?? message.type);
  expect(sent.join() === 'ready,pause,stop,compare,spec', `messages in the order of the clicks (${sent.join()})`);
  await post(page, [runMessage({ pending: 'stop' })]);
  expect(
    await page
      .locator('.run-header vscode-button')
      .first()
      .evaluate(b => (b as HTMLButtonElement).disabled),
    'buttons off while a request waits',
  );

  await page.locator('section[aria-label="Loss"] .plot').focus();
  for (let press = 0; press < 30; press++) await page.keyboard.press('ArrowRight');
  await page.keyboard.press('PageDown');
  await page.waitForTimeout(400);
  const spoken = (await page.locator('[role=status]').textContent()) ?? '';
  expect(
    /^step [\d,]+: Train smoothed [\d.]+, Validation [\d.]+$/.test(spoken),
    `the cross-hair is spoken (${spoken})`,
  );
  await shoot(page, 'crosshair');
  await page.keyboard.press('+');
  await frames(page, 6);
  expect(await page.getByRole('button', { name: 'Show all' }).isVisible(), 'zoomed by key');
  await page.keyboard.press('0');
  await frames(page, 6);
  expect(!(await page.getByRole('button', { name: 'Show all' }).isVisible()), 'all shown again by key');

  await page.locator('vscode-checkbox').first().click();
  await page.locator('vscode-dropdown').first().click();
  await page.getByRole('option', { name: 'Training time' }).click();
  await frames(page, 6);
  const state = (await stubOf(page)).state as { axis: string; logLoss: boolean; runId: string };
  expect(
    state.axis === 'time' && state.logLoss && state.runId === recordOf(wide).id,
    `the view is kept (${JSON.stringify(state)})`,
  );
  await shoot(page, 'log-time');
  await page.setViewportSize({ width: 620, height: 1200 });
  await frames(page, 4);
  expect((await inked(page, 'section[aria-label="Loss"] canvas')) > 0.005, 'not blank after a resize');
  await shoot(page, 'narrow');
  // The order of Tab reaches every control.
  const names: string[] = [];
  await page.locator('.run-header .link').first().focus();
  for (let press = 0; press < 9; press++) {
    names.push(
      await page.evaluate(
        () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '',
      ),
    );
    await page.keyboard.press('Tab');
  }
  console.log(`  tab order: ${names.map(name => name.trim()).join(' | ')}`);
  const { violations } = await stubOf(page);
  expect(violations.length === 0, `nothing that the security policy refuses ${violations.slice(0, 3).join('; ')}`);

  const restored = await openPanel(stage, { panel: 'training', state });
  const ready = (await stubOf(restored)).sent[0]?.message;
  expect(ready?.runId === state.runId, 'a restored panel says which run it showed');
  await restored.context().close();
  await page.context().close();
}

async function endings(stage: Stage): Promise<void> {
  console.log('training: failed, stopped');
  const page = await openPanel(stage, { panel: 'training', height: 620 });
  const series = seriesOf(rowsOf(wide, 900));
  await post(page, [
    runMessage(
      { shown: 'failed', etaMs: null },
      {
        status: 'failed',
        reason:
          'The loss is not a number any more (step 901). The checkpoint of step 750 is kept.\nTry a smaller learning rate (lr = 5e-4), a longer warm-up (warmup = 5%), or clip = 0.5, then resume or train again.',
      },
    ),
    {
      type: 'series',
      runId: 'x',
      offset: { steps: 0, evals: 0 },
      steps: plain(series.steps),
      evals: plain(series.evals),
    },
    { type: 'samples', offset: 0, samples: samplesOf(900) },
  ]);
  await shoot(page, 'failed');
  await page.locator('.reason').getByRole('button', { name: 'Resume' }).click();
  expect((await stubOf(page)).sent.at(-1)?.message.request === 'resume', 'resume from the box with the reason');
  await post(page, [runMessage({ shown: 'completed', etaMs: null }, { status: 'completed', stepsDone: 3000 })]);
  expect(!(await page.locator('.reason').isVisible()), 'no box when all is well');
  await page.context().close();
}

/** A run that went on from weights: they are measured as step 0, and the run says what they were. */
async function started(stage: Stage): Promise<void> {
  console.log('training: started from weights');
  const page = await openPanel(stage, { panel: 'training', height: 900 });
  const rows = rowsOf({ ...wide, steps: 400 }, 200, 40).map(row => ({ ...row, loss: 3.4 + row.loss / 20 }));
  const before = { step: 0, tokens: 0, flops: 0, elapsedMs: 0, evalTokens: 65_536 };
  const first = { kind: 'eval', ...before, loss: 4.31, perplexity: 74.4, bitsPerByte: 1.52 } as const;
  const series = seriesOf([first, ...rows]);
  const { spec } = recordOf(wide);
  const sha256 = 'c0ffee'.repeat(11).slice(0, 64);
  await post(page, [
    runMessage(
      {},
      {
        stepsDone: 200,
        best: { step: 200, loss: 3.62 },
        spec: { ...spec, train: { ...spec.train, steps: 400, start: 'models/SmolLM2-135M' } },
        startedFrom: { path: 'models/SmolLM2-135M', title: 'llama', sha256 },
      },
    ),
    {
      type: 'series',
      runId: 'x',
      offset: { steps: 0, evals: 0 },
      steps: plain(series.steps),
      evals: plain(series.evals),
    },
    { type: 'samples', offset: 0, samples: samplesOf(200) },
  ]);
  const fact = page.locator('.facts > div', { hasText: 'Started from' });
  expect((await fact.locator('dd').textContent()) === 'models/SmolLM2-135M', 'the facts name the start');
  expect(((await fact.getAttribute('title')) ?? '').includes(`llama, SHA-256 ${sha256}`), 'and its hash');
  await page.locator('section[aria-label="Loss"] .plot').focus();
  await page.keyboard.press('Home');
  await frames(page, 6);
  await page.waitForTimeout(400);
  const spoken = (await page.locator('[role=status]').textContent()) ?? '';
  expect(spoken.includes('Validation 4.310'), `what it started from can be read (${spoken})`);
  for (const theme of ['dark', 'light', 'hc'] as const) {
    await changeTheme(page, theme);
    await shoot(page, `started-${theme}`);
  }
  await page.context().close();
}

/** 20,000 points in 200 messages, while the user presses a button. */
async function manyPoints(stage: Stage): Promise<void> {
  console.log('training: 20,000 points in 200 messages');
  const long = { ...wide, steps: 20_000 };
  const series = seriesOf(rowsOf(long, 20_000, 100));
  const page = await openPanel(stage, { panel: 'training' });
  await post(page, [runMessage({ record: recordOf(long) })]);
  const messages = Array.from({ length: 200 }, (_, part) => ({
    type: 'series',
    runId: 'x',
    offset: { steps: part * 100, evals: part },
    steps: plain(series.steps, part * 100, (part + 1) * 100),
    evals: plain(series.evals, part, part + 1),
  }));
  await page.evaluate(list => Object.assign(window, { list }), messages as object[]);
  const profiler = process.env.PROFILE === undefined ? null : await page.context().newCDPSession(page);
  await profiler?.send('Profiler.enable');
  await profiler?.send('Profiler.start');
  const before = await page.evaluate(() => {
    const { stub, list } = window as unknown as { stub: Stub; list: object[] };
    stub.longTasks.length = 0;
    let next = 0;
    const feed = () => {
      window.postMessage({ version: 1, message: list[next++] }, '*');
      if (next < list.length) setTimeout(feed, 10);
      else Object.assign(window, { fed: true });
    };
    feed();
    return stub.frames;
  });
  await page.getByRole('button', { name: 'Pause' }).click();
  const early = await page.evaluate(() => (window as unknown as { fed?: boolean }).fed !== true);
  expect(
    early && (await stubOf(page)).sent.some(({ message }) => message.request === 'pause'),
    'a button works while points arrive',
  );
  await page.waitForFunction(() => (window as unknown as { fed?: boolean }).fed === true);
  await frames(page, 4);
  const profile = await profiler?.send('Profiler.stop');
  if (profile !== undefined)
    writeFileSync(path.join(resultsFolder, 'training.cpuprofile'), JSON.stringify(profile.profile));
  const { longTasks, frames: after, sent } = await stubOf(page);
  expect(!sent.some(({ message }) => message.type === 'resync' || message.type === 'problem'), 'no row lost');
  expect((await inked(page, 'section[aria-label="Loss"] canvas')) > 0.005, 'loss not blank');
  expect(after - before > 20, `frames drawn in between (${after - before})`);
  console.log(`  longest task ${Math.round(Math.max(0, ...longTasks))} ms; ${longTasks.length} tasks above 50 ms`);
  const gap = { ...messages[199], offset: { steps: 30_000, evals: 0 } };
  await post(page, [gap, gap, gap]);
  const asked = (await stubOf(page)).sent.filter(({ message }) => message.type === 'resync').length;
  expect(asked === 1, `a gap is noticed and asked for, once (${asked})`);
  await post(page, [messages[0], gap]);
  const again = (await stubOf(page)).sent.filter(({ message }) => message.type === 'resync').length;
  expect(again === 2, `and the next one too, once all has come (${again})`);
  await shoot(page, '20000');
  await page.context().close();
}
