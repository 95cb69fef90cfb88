import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  codeLenses,
  openFile,
  openWorkbench,
  quickInput,
  quickRows,
  runCommand,
  runsView,
  until,
  webview,
} from './driver';
import { text, tinyModel } from './models';
import { changeTheme, extensionFolder, makeFolder, shoot, shootFailure, startStage, themes } from './stage';

let stage: Awaited<ReturnType<typeof startStage>>;
let page: Page;
const models = [
  { name: 'deep_narrow', hidden: 24, layers: 4 },
  { name: 'middle', hidden: 32, layers: 2 },
  { name: 'shallow_wide', hidden: 48, layers: 1 },
];
const place = makeFolder({ 'text.txt': text });

beforeAll(async () => {
  for (const model of models) {
    writeFileSync(path.join(place.folder, 'model.supra'), tinyModel({ ...model, steps: 600 }));
    const args = [path.join(extensionFolder, 'dist', 'cli.js'), 'train', 'model.supra'];
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: place.folder, encoding: 'utf8' });
    if (status !== 0) throw new Error(`supra train ended with ${status}: ${stderr}`);
  }
  stage = await startStage();
  page = await openWorkbench(stage, place.folder, { width: 1440, height: 960 });
});
afterEach(context => shootFailure(page, context.task));
afterAll(async () => {
  await stage?.stop();
  place.remove();
});

const comparison = () => webview(page, /^Compare/);
const drawn = async () => Number(await (await comparison()).locator('.overlay').getAttribute('data-points'));

test('several runs of the tree are compared: curves, values, settings that differ', async () => {
  const rows = await runsView(page);
  await until(
    'three runs',
    () => rows.count(),
    count => count === 3,
  );
  await rows.nth(0).click();
  // A click opens the training panel; the choice of several is about the comparison alone.
  await webview(page, /^Training/);
  await rows.nth(2).click({ modifiers: ['Shift'] });
  await rows.nth(1).click({ button: 'right' });
  const entry = page.locator('.monaco-menu .action-menu-item', { hasText: 'Compare Runs' }).first();
  await entry.hover();
  // A menu takes no click in its first moment, so that the click that opened it does not choose.
  await page.waitForTimeout(400);
  await entry.click();
  const panel = await comparison();
  await until('every point of three runs', drawn, points => points === 1800);
  await until(
    'a row per run',
    () => panel.locator('table.results tbody tr').count(),
    count => count === 3,
  );
  const settings = (await panel.locator('table.settings').textContent()) ?? '';
  expect(settings).toContain('model.hidden');
  expect(settings).not.toContain('model.vocab');
  await page.setViewportSize({ width: 1640, height: 1000 });
  await page.mouse.move(800, 990);
  await page.waitForTimeout(600);
  await shoot(page, 'compare');
});

test('the diff of two specs opens in the diff editor', async () => {
  const panel = await comparison();
  await panel.getByRole('button', { name: 'Diff', exact: true }).first().click();
  await page.locator('.tab', { hasText: '↔' }).waitFor();
  await page.locator('.monaco-diff-editor .line-insert, .monaco-diff-editor .char-insert').first().waitFor();
  await shoot(page, 'compare-diff');
  await page.locator('.tab', { hasText: '↔' }).locator('.codicon-close').click();
});

test('the palette asks which runs, the two newest chosen', async () => {
  await page.locator('.tab', { hasText: 'Compare Runs' }).locator('.codicon-close').click();
  // Nothing chosen in the tree: then the palette asks.
  const rows = await runsView(page);
  await rows.first().click();
  // The panel that the click opens would take the palette away again.
  await webview(page, /^Training/);
  await page.waitForTimeout(500);
  await runCommand(page, 'Supra: Compare Runs');
  await until(
    'runs to choose from',
    () => quickRows(page).count(),
    count => count === 3,
  );
  await shoot(page, 'compare-which');
  await quickInput(page).getByRole('button', { name: 'OK' }).click();
  await until('the points of two runs', drawn, points => points === 1200);
});

test('editor, training and comparison in light, dark and high contrast', async () => {
  const ed = await openFile(page, 'model.supra');
  await until(
    'lenses',
    () => codeLenses(ed),
    found => found.length > 2,
  );
  for (const name of Object.keys(themes) as (keyof typeof themes)[]) {
    await changeTheme(place.folder, page, name);
    await page.locator('.tab', { hasText: 'model.supra' }).first().click();
    await shoot(page, `theme-${name}-editor`);
    await page.locator('.tab', { hasText: 'Training' }).first().click();
    await webview(page, /^Training/);
    await page.waitForTimeout(500);
    await shoot(page, `theme-${name}-training`);
    await page.locator('.tab', { hasText: 'Compare Runs' }).first().click();
    const panel = await comparison();
    await page.waitForTimeout(500);
    await shoot(page, `theme-${name}-compare`);
    // The curves are drawn in the colours of the theme, on its background.
    const ink = await panel
      .locator('.plot canvas')
      .first()
      .evaluate(found => {
        const canvas = found as HTMLCanvasElement;
        const pixels = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
        let inked = 0;
        for (let index = 3; index < pixels.length; index += 4) if ((pixels[index] ?? 0) > 0) inked++;
        return inked / Math.max(1, canvas.width * canvas.height);
      });
    expect(ink).toBeGreaterThan(0.005);
  }
});
