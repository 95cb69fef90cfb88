import type { Frame, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openWorkbench, quickInput, quickRows, runCommand, runsView, until, webview } from './driver';
import { depthVersusWidth, type FakeRun, manyRuns } from './pages/fixtures';
import { writeRun } from './run-folders';
import { makeFolder, shoot, shootFailure, startStage } from './stage';

let stage: Awaited<ReturnType<typeof startStage>>;
let page: Page;
const place = makeFolder({ 'notes.txt': 'Runs that were trained elsewhere.\n' });

beforeAll(async () => {
  const wide = depthVersusWidth[2] as FakeRun;
  for (const [index, run] of manyRuns(20, 2000).entries()) writeRun(place.folder, run, index);
  writeRun(place.folder, { ...wide, name: 'long_run', steps: 20_000 }, 30);
  stage = await startStage();
  page = await openWorkbench(stage, place.folder);
});
afterEach(context => shootFailure(page, context.task));
afterAll(async () => {
  await stage?.stop();
  place.remove();
});

/** Notes the long tasks of a page from now on. */
const watchTasks = (panel: Frame) =>
  panel.evaluate(() => {
    const held = window as unknown as { longTasks: number[] };
    held.longTasks = [];
    new PerformanceObserver(list => held.longTasks.push(...list.getEntries().map(entry => entry.duration))).observe({
      type: 'longtask',
      buffered: true,
    });
  });
async function tellTasks(panel: Frame, what: string): Promise<void> {
  await page.waitForTimeout(600);
  const tasks = await panel.evaluate(() => (window as unknown as { longTasks: number[] }).longTasks.splice(0));
  console.log(`${what}: longest task ${Math.round(Math.max(0, ...tasks))} ms, ${tasks.length} above 50 ms`);
}

/** Share of the pixels that something is drawn on. */
const ink = (panel: Frame, selector: string) =>
  panel
    .locator(selector)
    .first()
    .evaluate(found => {
      const canvas = found as HTMLCanvasElement;
      const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      let inked = 0;
      for (let index = 3; index < pixels.length; index += 4) if ((pixels[index] ?? 0) > 0) inked++;
      return inked / Math.max(1, canvas.width * canvas.height);
    });

test('a run of 20,000 steps opens in the training panel', async () => {
  const rows = await runsView(page);
  await until(
    'runs',
    () => rows.count(),
    count => count >= 15,
  );
  await rows.filter({ hasText: 'long_run' }).first().click();
  const panel = await webview(page, /^Training/);
  await watchTasks(panel);
  const points = async () => Number(await panel.locator('.curves').getAttribute('data-points'));
  await until('every point', points, count => count === 20_000);
  await tellTasks(panel, 'training panel, 20,000 points');
  expect(await ink(panel, 'section[aria-label="Loss"] canvas')).toBeGreaterThan(0.01);
  await panel.locator('input[type=range], vscode-slider').first().focus();
  for (let press = 0; press < 10; press++) await page.keyboard.press('ArrowLeft');
  await tellTasks(panel, 'training panel, moving the slider');
  await shoot(page, 'large-training');
});

test('20 runs in the comparison', async () => {
  await runCommand(page, 'Supra: Compare Runs');
  await until(
    'the list',
    () => quickRows(page).count(),
    count => count > 5,
  );
  await quickInput(page)
    .locator('input[type=checkbox], .quick-input-check-all, .quick-input-header .monaco-checkbox')
    .first()
    .click();
  await quickInput(page).getByRole('button', { name: 'OK' }).click();
  const panel = await webview(page, /^Compare/);
  await watchTasks(panel);
  const points = async () => Number(await panel.locator('.overlay').getAttribute('data-points'));
  await until('every point of all runs', points, count => count === 60_000);
  await until(
    'a row per run',
    () => panel.locator('table.results tbody tr').count(),
    count => count === 21,
  );
  await tellTasks(panel, 'comparison, 21 runs, 60,000 points');
  expect(await ink(panel, '.plot canvas')).toBeGreaterThan(0.02);
  await shoot(page, 'large-compare');
  const plot = await panel.locator('.plot').boundingBox();
  for (let step = 0; step < 30; step++) await page.mouse.move((plot?.x ?? 0) + 60 + step * 12, (plot?.y ?? 0) + 120);
  await tellTasks(panel, 'comparison, moving the cross-hair');
  await shoot(page, 'large-compare-cross-hair');
});
