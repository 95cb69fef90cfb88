import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Frame, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  codeLenses,
  openFile,
  openWorkbench,
  panelKept,
  quickRows,
  runCommand,
  runsView,
  terminalText,
  trainModelOf,
  until,
  webview,
  workbenchReady,
} from './driver';
import { text, tinyModel } from './models';
import { makeFolder, shoot, shootFailure, startStage } from './stage';

let stage: Awaited<ReturnType<typeof startStage>>;
let page: Page;
const place = makeFolder({
  'wide.supra': tinyModel({ name: 'shallow_wide', hidden: 48, layers: 1, steps: 200_000 }),
  'text.txt': text,
});
const runs = path.join(place.folder, '.supra', 'runs');

beforeAll(async () => {
  stage = await startStage();
  page = await openWorkbench(stage, place.folder);
});
afterEach(context => shootFailure(page, context.task));
afterAll(async () => {
  await stage?.stop();
  place.remove();
});

const pill = (panel: Frame, status: string) => panel.locator('.pill', { hasText: new RegExp(`^${status}$`) });
const points = async (panel: Frame): Promise<number> =>
  Number(await panel.locator('.curves').getAttribute('data-points'));

/** Steps recorded in the run folder; a step that was done again after a resume counts once. */
function recordedSteps(id: string): number[] {
  const lines = readFileSync(path.join(runs, id, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  const rows = lines.map(line => JSON.parse(line) as { kind: string; step: number });
  return [...new Set(rows.filter(row => row.kind === 'step').map(row => row.step))].sort((a, b) => a - b);
}
const onlyRun = (): string => {
  const [id, ...more] = readdirSync(runs);
  if (id === undefined || more.length > 0) throw new Error(`Expected one run, got ${id} ${more.join(' ')}`);
  return id;
};

test('training: terminal, curves, samples; pause and resume', async () => {
  await trainModelOf(page, 'wide.supra');
  const panel = await webview(page, /^Training/, 60_000);
  await pill(panel, 'Running').waitFor();
  await until(
    'curves',
    () => points(panel),
    count => count > 250,
  );
  await panel.locator('.samples blockquote').first().waitFor();
  await until(
    'a progress line in the terminal',
    () => terminalText(page),
    found => /step [\d,]+ of 200,000/.test(found),
  );
  expect(await terminalText(page)).toContain('The whale');
  await page.setViewportSize({ width: 1640, height: 1000 });
  await page.waitForTimeout(800);
  await shoot(page, 'training');

  await panel.getByRole('button', { name: 'Pause' }).click();
  await pill(panel, 'Paused').waitFor();
  const paused = recordedSteps(onlyRun()).length;
  await page.waitForTimeout(700);
  expect(recordedSteps(onlyRun()).length).toBe(paused);
  expect(await points(panel)).toBe(paused);
  await shoot(page, 'training-paused');
  await panel.getByRole('button', { name: 'Resume' }).click();
  await pill(panel, 'Running').waitFor();
  await until(
    'more points',
    () => points(panel),
    count => count > paused,
  );
});

test('the panel is closed and opened again: everything is there', async () => {
  const before = recordedSteps(onlyRun()).length;
  await page.locator('.tab', { hasText: 'Training: shallow_wide' }).locator('.codicon-close').click();
  const rows = await runsView(page);
  await rows.filter({ hasText: 'shallow_wide' }).first().click();
  const panel = await webview(page, /^Training/);
  await until(
    'all points',
    () => points(panel),
    count => count >= before,
  );
  await shoot(page, 'training-from-tree');
});

test('the window is reloaded while a model trains: no point is lost', async () => {
  await panelKept(page, 'supra.training');
  const before = recordedSteps(onlyRun()).length;
  await page.reload();
  await workbenchReady(page);
  const panel = await webview(page, /^Training/, 60_000);
  await until(
    'all points',
    () => points(panel),
    count => count > before,
    60_000,
  );
  await pill(panel, 'Running').waitFor();
  await shoot(page, 'training-reloaded');

  await runCommand(page, 'Supra: Stop Run');
  await pill(panel, 'Stopped').waitFor();
  const steps = recordedSteps(onlyRun());
  expect(steps).toEqual(steps.map((_, index) => index + 1));
  await until(
    'as many points as the run folder has',
    () => points(panel),
    count => count === steps.length,
  );
  await shoot(page, 'training-stopped');
});

test('a stopped run goes on from its checkpoint', async () => {
  const before = recordedSteps(onlyRun()).length;
  const panel = await webview(page, /^Training/);
  await panel.locator('.run-header').getByRole('button', { name: 'Resume' }).click();
  await pill(panel, 'Running').waitFor({ timeout: 60_000 });
  await until(
    'more points',
    () => points(panel),
    count => count > before + 50,
  );
  await page.locator('.terminal-wrapper .xterm').first().click();
  await page.keyboard.press('Control+c');
  await pill(panel, 'Stopped').waitFor();
  const steps = recordedSteps(onlyRun());
  expect(steps).toEqual(steps.map((_, index) => index + 1));
  await until(
    'all points',
    () => points(panel),
    count => count === steps.length,
  );
  expect(await terminalText(page)).toContain('stopped');
});

test('what a run is can be looked at: its model, its row in the tree', async () => {
  const panel = await webview(page, /^Training/);
  await panel.locator('.run-header').getByRole('button', { name: 'Open spec' }).click();
  await page.locator('.tab', { hasText: 'shallow_wide.supra' }).waitFor();
  const rows = await runsView(page);
  await rows.first().hover();
  await page.locator('.monaco-hover:visible', { hasText: 'parameters' }).waitFor();
  await shoot(page, 'runs-view');
  await page.keyboard.press('Escape');
});

test('with two train blocks the command asks which', async () => {
  const ed = await openFile(page, 'wide.supra');
  await ed.click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type('\ntrain longer {\nsteps = 30000');
  await until(
    'two lenses',
    () => codeLenses(ed),
    found => found.filter(lens => lens.includes('Train')).length >= 2,
  );
  await runCommand(page, 'Supra: Train Model');
  await until(
    'both blocks',
    () => quickRows(page).count(),
    count => count === 2,
  );
  await shoot(page, 'train-which');
  await page.keyboard.press('Escape');
});
