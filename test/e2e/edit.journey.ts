import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { codeLenses, editor, inlayHints, openFile, openWorkbench, pick, quickRows, runCommand, until } from './driver';
import { text, tinyModel } from './models';
import { makeFolder, shoot, shootFailure, startStage } from './stage';

let stage: Awaited<ReturnType<typeof startStage>>;
let page: Page;
const place = makeFolder({
  'notes.txt': 'Nothing here is a model yet.\n',
  'text.txt': text,
  'windowed.supra': tinyModel({ name: 'windowed' }).replace('{ heads = 2 }', '{ heads = 2  window = 32 }'),
});

beforeAll(async () => {
  stage = await startStage();
  page = await openWorkbench(stage, place.folder);
});
afterEach(context => shootFailure(page, context.task));
afterAll(async () => {
  await stage?.stop();
  place.remove();
});

test('a new model from an example: hints, lenses, hover, status bar', async () => {
  await runCommand(page, 'Supra: New Model…');
  await until(
    'the examples',
    () => quickRows(page).count(),
    count => count >= 5,
  );
  await shoot(page, 'new-model');
  await pick(page, 'supra-mini');
  const ed = editor(page, 'model.supra');
  await ed.waitFor();
  const lenses = await until(
    'code lenses over model and train',
    () => codeLenses(ed),
    found => found.length >= 3,
  );
  expect(lenses.join(' ')).toContain('parameters');
  expect(lenses.join(' ')).toContain('Train');
  const hints = await until(
    'inlay hints',
    () => inlayHints(ed),
    found => found.length >= 4,
  );
  expect(hints.join(' ')).toMatch(/%/);
  const status = page.locator('.statusbar-item', { hasText: /\d+(\.\d+)? ?[kM]/ });
  await status.first().waitFor();
  await ed.locator('.view-line span', { hasText: 'swiglu' }).last().hover();
  const hover = page.locator('.monaco-hover:visible .hover-contents').first();
  await hover.waitFor();
  expect(await page.locator('.monaco-hover:visible').textContent()).toContain('SwiGLU');
  await shoot(page, 'edit-hover');
  await page.mouse.move(5, 500);
});

test('a mistake while typing: one message, its page, and a fix', async () => {
  const ed = await openFile(page, 'model.supra');
  await ed.locator('.view-line', { hasText: 'position rope' }).click();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await page.keyboard.type('fnf swiglu', { delay: 20 });
  await ed.locator('.squiggly-error').first().waitFor();
  await runCommand(page, 'Problems: Focus on Problems View');
  const rows = page.locator('.markers-panel .monaco-list-row');
  await rows.first().waitFor();
  await shoot(page, 'edit-problem');
  const problems = await rows.allInnerTexts();
  expect(problems.join('\n')).toContain('fnf');
  await openFile(page, 'model.supra');
  await page.keyboard.press('Control+z');
  await page.keyboard.press('Control+z');
  await page.keyboard.press('Control+z');
});

test('a warning and its fix, by keyboard', async () => {
  const ed = await openFile(page, 'windowed.supra');
  await ed.locator('.squiggly-warning').first().waitFor();
  await ed.locator('.view-line span', { hasText: 'window' }).last().click();
  await page.keyboard.press('Control+.');
  const actions = page.locator('.action-widget .monaco-list-row');
  await actions.first().waitFor();
  await until(
    'lenses',
    () => codeLenses(ed),
    found => found.length > 5,
  );
  await shoot(page, 'editor');
  await page.keyboard.press('Enter');
  await until(
    'no warning any more',
    () => ed.locator('.squiggly-warning').count(),
    count => count === 0,
  );
  expect(await ed.locator('.view-lines').textContent()).not.toMatch(/window\s=\s32/);
});

test('a click on the parameters in the status bar shows the costs of the model', async () => {
  await openFile(page, 'windowed.supra');
  await page
    .locator('.statusbar-item', { hasText: /\d+(\.\d+)? ?[kM]/ })
    .first()
    .click();
  const hover = page.locator('.monaco-hover:visible', { hasText: 'parameters' }).first();
  await hover.waitFor();
  // It fades in.
  await page.waitForTimeout(400);
  await shoot(page, 'edit-costs');
  await page.keyboard.press('Escape');
});
