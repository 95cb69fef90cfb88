import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openWorkbench, trainModelOf, webview, workbenchReady } from './driver';
import { text, tinyModel } from './models';
import { makeFolder, shoot, shootFailure, startStage } from './stage';

let stage: Awaited<ReturnType<typeof startStage>>;
let page: Page;
const place = makeFolder({
  'mixed.supra': tinyModel({ name: 'mixed', layers: 2, steps: 300 }).replace(
    'ffn swiglu { width = 2 * hidden }',
    'ffn moe { experts = 8  top_k = 2  width = 32  router sigmoid { bias_update = 0.01 } }',
  ),
  'text.txt': text,
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

test('a mixture of experts trains: its load is in the panel, stays there after a reload, and is explained', async () => {
  await trainModelOf(page, 'mixed.supra');
  const panel = await webview(page, /^Training/, 60_000);
  await panel.locator('.pill', { hasText: /^Completed$/ }).waitFor({ timeout: 120_000 });
  const section = panel.locator('section[aria-label="Expert load"]');
  await section.getByText('steps 251 to 300').waitFor();
  await section.scrollIntoViewIfNeeded();
  expect(await section.locator('tbody tr').count()).toBe(2);
  const words = await section.locator('tbody canvas').first().getAttribute('aria-label');
  expect(words).toMatch(/^8 experts: expert \d gets most, \d\.\d\d× the even share, expert \d least, [\d.]+×/);
  expect(await panel.locator('section[aria-label="Expert imbalance"] .legend').textContent()).toMatch(/\d\.\d\d×/);
  await shoot(page, 'training-experts');

  const runs = path.join(place.folder, '.supra', 'runs');
  const [id = ''] = readdirSync(runs);
  const load = JSON.parse(readFileSync(path.join(runs, id, 'experts.json'), 'utf8')) as {
    layers: { tokens: number[] }[];
  };
  // 50 steps of 4 sequences of 32 tokens, each at two experts.
  expect(load.layers.map(({ tokens }) => tokens.reduce((sum, count) => sum + count, 0))).toEqual([12_800, 12_800]);

  await page.reload();
  await workbenchReady(page);
  const again = await webview(page, /^Training/, 60_000);
  const restored = again.locator('section[aria-label="Expert load"]');
  await restored.getByText('steps 251 to 300').waitFor({ timeout: 60_000 });
  expect(await restored.locator('tbody canvas').first().getAttribute('aria-label')).toBe(words);

  await restored.getByRole('button', { name: 'What this means' }).click();
  await page.locator('.tab', { hasText: 'expert-load.md' }).waitFor();
}, 300_000);
