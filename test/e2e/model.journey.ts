import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openFile, openWorkbench, runCommand, until, webview } from './driver';
import { makeFolder, repository, shoot, shootFailure, startStage } from './stage';

let stage: Awaited<ReturnType<typeof startStage>>;
let page: Page;
const text = readFileSync(path.join(repository, 'gallery', 'gemma-3-1b.supra'), 'utf8');
const place = makeFolder({ 'gemma.supra': text });

beforeAll(async () => {
  stage = await startStage();
  page = await openWorkbench(stage, place.folder, { width: 1600, height: 1000 });
});
afterEach(context => shootFailure(page, context.task));
afterAll(async () => {
  await stage?.stop();
  place.remove();
});

const globalAttention = 1 + text.split('\n').findIndex(found => found.includes('attention { window = none }'));
const cursorOn = (line: number) =>
  until(
    'the cursor on the line of the block',
    async () =>
      (await page
        .locator('.statusbar-item', { hasText: /Ln \d+/ })
        .first()
        .textContent()) ?? '',
    found => found.includes(`Ln ${line},`),
  );

test('the architecture beside the text: drawn, live, and a way to the line', async () => {
  const ed = await openFile(page, 'gemma.supra');
  await runCommand(page, 'Supra: Show Architecture');
  const panel = await webview(page, /^Architecture/);
  const drawing = panel.locator('.figure.drawing').first();
  const words = async () => (await drawing.textContent()) ?? '';
  await until('the drawn model', words, found => found.includes('1.00 B parameters') && found.includes('× 4'));
  await shoot(page, 'architecture');

  await ed.locator('.view-line', { hasText: 'ffn geglu' }).click();
  await page.keyboard.press('End');
  // Before ` }`, over the last digit of the width: 6912 to 6910.
  for (let press = 0; press < 2; press++) await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Backspace');
  await page.keyboard.type('0');
  await until('the new width in the drawing', words, found => found.includes('width 6,910'));

  await panel.locator('[data-part="layer global / attention"]').click({ position: { x: 40, y: 12 } });
  await cursorOn(globalAttention);
  expect(await words()).toContain('Grouped-query attention');
});

test('while it is half typed the last drawing stays, says so, and still leads to the line', async () => {
  const ed = await openFile(page, 'gemma.supra');
  const panel = await webview(page, /^Architecture/);
  const notice = panel.locator('.notice');
  expect(await notice.isVisible()).toBe(false);
  const hidden = ed.locator('.view-line', { hasText: 'hidden' }).first();
  await hidden.click({ position: { x: 40, y: 8 } });
  await page.keyboard.press('End');
  for (const _ of '1152') await page.keyboard.press('Backspace');
  await notice.waitFor();
  expect(await notice.textContent()).toMatch(/^The drawing of gemma_3_1b is of an earlier text\. Line 6: ./);
  await shoot(page, 'architecture-half-typed');
  // Two lines more above: the parts of the old drawing have moved.
  await page.keyboard.press('Control+Home');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await until(
    'the line of the mistake after the edit',
    async () => (await notice.textContent()) ?? '',
    found => found.includes('Line 8:'),
  );
  await panel.locator('[data-part="layer global / attention"]').click({ position: { x: 40, y: 12 } });
  await cursorOn(globalAttention + 2);

  await hidden.click({ position: { x: 40, y: 8 } });
  await page.keyboard.press('End');
  await page.keyboard.type('1152');
  await notice.waitFor({ state: 'hidden' });
});
