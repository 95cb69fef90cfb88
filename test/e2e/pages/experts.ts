import path from 'node:path';
import { seriesOf } from '../../../src/protocol/series';
import { expertLoadOf, rowsOf, samplesOf } from './fixtures';
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
import { runMessage, wide } from './training';

const shoot = shooter('training');

/** The load of experts in the training panel: few, in every theme, and many. */
export async function experts(stage: Stage): Promise<void> {
  await few(stage);
  await many(stage);
}

/** A mixture of experts: bars, figures, pointer, keys; the page asks for its docs; a restored page shows them again. */
async function few(stage: Stage): Promise<void> {
  console.log('experts: a mixture of experts');
  const page = await openPanel(stage, { panel: 'training', height: 1000 });
  const series = seriesOf(rowsOf({ ...wide, mixed: true }, 500));
  const rows = {
    type: 'series',
    runId: 'x',
    offset: { steps: 0, evals: 0 },
    steps: plain(series.steps),
    evals: plain(series.evals),
  };
  const section = page.locator('section[aria-label="Expert load"]');
  await post(page, [runMessage(), rows, { type: 'samples', offset: 0, samples: samplesOf(500) }]);
  expect(!(await section.isVisible()), 'no section before there is a load');
  await post(page, [{ type: 'experts', load: expertLoadOf(6, 16) }]);
  expect((await section.locator('tbody tr').count()) === 6, 'a row for each layer');
  for (const row of [0, 5])
    expect(
      (await inked(page, `section[aria-label="Expert load"] tbody canvas >> nth=${row}`)) > 0.2,
      `bars in row ${row + 1}`,
    );
  expect((await inked(page, 'section[aria-label="Expert imbalance"] canvas')) > 0.005, 'a curve of the imbalance');
  const readout = section.locator('.expert-readout');
  const summary = (await readout.textContent()) ?? '';
  expect(
    /^Expert \d+ of layer \d has the most to do: [\d.]+× the even share\. 6 of 96 experts get no tokens\.$/.test(
      summary,
    ),
    `the whole in words (${summary})`,
  );
  const strip = section.locator('tbody canvas').nth(2);
  const spoken = (await strip.getAttribute('aria-label')) ?? '';
  expect(
    /^16 experts: expert 2 gets most, [\d.]+× the even share, expert 3 least, 0×; 1 without tokens$/.test(spoken),
    `a row in words (${spoken})`,
  );
  expect(((await section.locator('tbody tr').nth(2).textContent()) ?? '').endsWith('0×1'), 'figures beside the bars');
  const shootSection = (name: string) =>
    section.screenshot({ path: path.join(resultsFolder, `training-experts-${name}.png`) });
  await section.scrollIntoViewIfNeeded();
  await shoot(page, 'experts');
  await shootSection('dark');
  for (const theme of ['light', 'hc'] as const) {
    await changeTheme(page, theme);
    await shootSection(theme);
  }
  await changeTheme(page, 'dark');

  const box = await strip.boundingBox();
  if (box === null) throw new Error('Expected bars with a place.');
  await page.mouse.move(box.x + (box.width * 2.5) / 16, box.y + 5);
  expect((await readout.textContent()) === 'Layer 3, expert 3: no tokens', 'what the pointer is on');
  await page.mouse.move(box.x, box.y - 300);
  expect((await readout.textContent()) === summary, 'the whole again without the pointer');

  await section.locator('.expert-grid').focus();
  for (const key of ['ArrowRight', 'ArrowDown', 'ArrowDown', 'Home', 'ArrowRight', 'ArrowRight'])
    await page.keyboard.press(key);
  expect((await readout.textContent()) === 'Layer 3, expert 3: no tokens', 'the same by keys');
  await page.waitForTimeout(400);
  expect((await page.locator('[role=status]').textContent()) === 'Layer 3, expert 3: no tokens', 'the cell is spoken');
  await page.keyboard.press('End');
  await frames(page, 3);
  const marked = await section.locator('.expert-mark:visible').boundingBox();
  expect(marked !== null && Math.abs(marked.x + marked.width - (box.x + box.width)) < 3, 'a mark on the last bar');
  await shootSection('keys');
  await page.keyboard.press('Escape');
  expect((await readout.textContent()) === summary, 'the whole again after Escape');

  await section.getByRole('button', { name: 'What this means' }).click();
  expect((await stubOf(page)).sent.at(-1)?.message.type === 'explain', 'the page asks for the documentation');
  await page.setViewportSize({ width: 560, height: 1000 });
  await frames(page, 6);
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  expect(!sideways, 'no sideways scrolling of the page when narrow');
  await shootSection('narrow');
  const { violations, state } = await stubOf(page);
  expect(violations.length === 0, 'nothing that the security policy refuses');

  const restored = await openPanel(stage, { panel: 'training', state });
  await post(restored, [runMessage(), rows, { type: 'experts', load: expertLoadOf(6, 16) }]);
  expect(await restored.locator('section[aria-label="Expert load"]').isVisible(), 'a restored panel shows them again');
  await post(restored, [{ type: 'experts', load: null }]);
  expect(
    !(await restored.locator('section[aria-label="Expert load"]').isVisible()),
    'and hides them for a run without',
  );
  await post(restored, [{ type: 'experts', load: { ...expertLoadOf(1, 2), version: 9 } }]);
  expect((await stubOf(restored)).sent.at(-1)?.message.type === 'problem', 'a load of another version is refused');
  await restored.context().close();
  await page.context().close();
}

/** 64 layers of 128 experts, replaced 20 times while the user presses a button. */
async function many(stage: Stage): Promise<void> {
  console.log('experts: 64 layers of 128 experts');
  const page = await openPanel(stage, { panel: 'training', height: 1000 });
  const series = seriesOf(rowsOf({ ...wide, mixed: true }, 500));
  await post(page, [
    runMessage(),
    {
      type: 'series',
      runId: 'x',
      offset: { steps: 0, evals: 0 },
      steps: plain(series.steps),
      evals: plain(series.evals),
    },
    { type: 'experts', load: expertLoadOf(64, 128) },
  ]);
  await page.waitForTimeout(300);
  const loads = Array.from({ length: 20 }, (_, index) => ({
    type: 'experts',
    load: expertLoadOf(64, 128, 600 + index),
  }));
  await page.evaluate(list => Object.assign(window, { list }), loads as object[]);
  await page.evaluate(() => {
    const { stub, list } = window as unknown as { stub: Stub; list: object[] };
    stub.longTasks.length = 0;
    let next = 0;
    const feed = () => {
      window.postMessage({ version: 1, message: list[next++] }, '*');
      if (next < list.length) setTimeout(feed, 100);
      else Object.assign(window, { fed: true });
    };
    feed();
  });
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.waitForFunction(() => (window as unknown as { fed?: boolean }).fed === true);
  await frames(page, 4);
  const { longTasks, sent } = await stubOf(page);
  expect(!sent.some(({ message }) => message.type === 'problem'), 'every load taken');
  const section = page.locator('section[aria-label="Expert load"]');
  expect(((await section.textContent()) ?? '').includes('steps 570 to 619'), 'the last one shown');
  expect((await inked(page, 'section[aria-label="Expert load"] tbody canvas >> nth=63')) > 0.2, 'bars in the last row');
  const longest = Math.round(Math.max(0, ...longTasks));
  console.log(`  longest task ${longest} ms; ${longTasks.length} tasks above 50 ms`);
  expect(longest < 250, `no long stop while loads arrive (${longest} ms)`);
  await section.scrollIntoViewIfNeeded();
  await section.locator('.expert-grid').focus();
  for (let press = 0; press < 64; press++) await page.keyboard.press('ArrowDown');
  await frames(page, 3);
  expect(await section.locator('tbody tr').nth(63).isVisible(), 'the last layer');
  const inView = await section
    .locator('tbody tr')
    .nth(63)
    .evaluate(row => {
      const place = row.getBoundingClientRect();
      const frame = row.closest('.expert-grid')?.getBoundingClientRect();
      return frame !== undefined && place.bottom <= frame.bottom + 1;
    });
  expect(inView, 'the grid scrolls with the keys');
  await shoot(page, 'experts-many');
  await page.context().close();
}
