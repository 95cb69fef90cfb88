import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { seriesOf } from '../../../src/protocol/series';
import { compareRuns } from '../../../src/runs/compare-runs';
import { depthVersusWidth, type FakeRun, manyRuns, recordOf, rowsOf } from './fixtures';
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

const shoot = shooter('compare');

/** What the host sends for these runs: the list, the rows, the comparison that the run store makes. */
function messagesOf(fakes: readonly FakeRun[]) {
  const runs = fakes.map(fake => {
    const rows = rowsOf(fake, fake.steps);
    const evals = rows.filter(row => row.kind === 'eval');
    const best = evals.reduce((low, row) => (row.loss < low.loss ? row : low));
    const record = recordOf(fake, {
      status: 'completed',
      stepsDone: fake.steps,
      best: { step: best.step, loss: best.loss },
    });
    return { record, rows, evals, steps: rows.filter(row => row.kind === 'step') };
  });
  const list = { type: 'runs', runs: runs.map(({ record }) => ({ record, shown: 'completed' })) };
  const series = runs.map(({ record, rows }) => {
    const { steps, evals } = seriesOf(rows);
    return {
      type: 'series',
      runId: record.id,
      offset: { steps: 0, evals: 0 },
      steps: plain(steps),
      evals: plain(evals),
    };
  });
  const comparison = (ids: readonly string[]) => ({
    type: 'comparison',
    ...compareRuns(
      ids.flatMap(id =>
        runs
          .filter(({ record }) => record.id === id)
          .map(({ record, steps, evals }) => ({ record, status: 'completed' as const, history: { steps, evals } })),
      ),
    ),
  });
  return { ids: runs.map(({ record }) => record.id), list, series, comparison };
}

/** The comparison with none, three and twenty runs. */
export async function compare(stage: Stage): Promise<void> {
  await nothing(stage);
  await journey(stage);
  await manyPoints(stage);
}

async function nothing(stage: Stage): Promise<void> {
  console.log('compare: no runs');
  const page = await openPanel(stage, { panel: 'compare', height: 500 });
  await post(page, [{ type: 'runs', runs: [] }]);
  await page.getByRole('button', { name: 'Train Model' }).click();
  expect((await stubOf(page)).sent.at(-1)?.message.type === 'train', 'a message of the empty state');
  await shoot(page, 'empty');
  const { list } = messagesOf(depthVersusWidth);
  await post(page, [list]);
  expect(await page.getByText('Choose runs in the list').isVisible(), 'what to do with runs and no choice');
  await shoot(page, 'none-chosen');
  await page.context().close();
}

async function journey(stage: Stage): Promise<void> {
  console.log('compare: depth versus width');
  const { ids, list, series, comparison } = messagesOf(depthVersusWidth);
  const page = await openPanel(stage, { panel: 'compare', height: 1150 });
  await post(page, [list]);
  await page.locator('.run-list vscode-checkbox').nth(0).click();
  await page.locator('.run-list vscode-checkbox').nth(1).click();
  await page.locator('.run-list vscode-checkbox').nth(2).focus();
  await page.keyboard.press('Space');
  const asked = (await stubOf(page)).sent.at(-1)?.message;
  expect(
    asked?.type === 'selected' && String(asked.runIds) === String(ids) && String(asked.missing) === String(ids),
    'rows are asked for',
  );
  await post(page, [...series, comparison(ids)]);
  expect((await inked(page, '.plot canvas')) > 0.01, 'curves drawn');
  expect((await page.locator('table.results tbody tr').count()) === 3, 'a row of values per run');
  expect(
    (await page.locator('table.settings').textContent())?.includes('model.hidden') === true,
    'settings that differ',
  );
  expect(
    (await page.locator('table.settings').textContent())?.includes('vocab') === false,
    'no setting that is the same',
  );
  const heads = () => page.locator('table.results thead').textContent();
  expect((await heads())?.includes('Expert') === false, 'no column that no run has a value for');
  const mixed = messagesOf(depthVersusWidth.map((fake, index) => (index === 1 ? { ...fake, mixed: true } : fake)));
  await post(page, [mixed.comparison(ids)]);
  expect((await heads())?.includes('Expert imbalance') === true, 'the imbalance of experts where a run has some');
  const uneven = await page.locator('table.results tbody tr').nth(1).textContent();
  expect(/1\.\d\d×/.test(uneven ?? ''), `its value (${uneven})`);
  await post(page, [comparison(ids)]);
  await frames(page, 4);
  // Off the list: a pointed run makes the others stand back.
  await page.mouse.move(5, 5);
  await frames(page, 6);
  await shoot(page, 'dark');
  for (const theme of ['light', 'hc'] as const) {
    await changeTheme(page, theme);
    await shoot(page, theme);
  }
  await changeTheme(page, 'dark');

  await page.locator('.plot').focus();
  for (let press = 0; press < 40; press++) await page.keyboard.press('ArrowRight');
  await page.waitForTimeout(450);
  const spoken = (await page.locator('[role=status]').textContent()) ?? '';
  expect(
    /^step [\d,]+: deep_narrow [\d.]+, middle [\d.]+, shallow_wide [\d.]+$/.test(spoken),
    `the cross-hair is spoken (${spoken})`,
  );
  expect((await page.locator('.readout li:visible').count()) === 3, 'the values of all runs at the cross-hair');
  await shoot(page, 'crosshair');

  await page.getByRole('button', { name: 'Pin' }).last().click();
  await frames(page, 6);
  expect((await page.locator('tr.baseline').textContent())?.includes('shallow_wide') === true, 'another baseline');
  await page.getByRole('button', { name: 'Diff', exact: true }).first().click();
  const diff = (await stubOf(page)).sent.at(-1)?.message;
  expect(diff?.type === 'diff' && diff.left === ids[2] && diff.right === ids[0], 'the diff of baseline and run');
  for (const name of ['Markdown', 'CSV', 'Points', 'PNG'])
    await page.getByRole('button', { name, exact: true }).click();
  const { sent } = await stubOf(page);
  expect(
    sent
      .slice(-4)
      .map(({ message }) => message.format ?? message.type)
      .join() === 'markdown,csv,points,savePicture',
    'exports',
  );
  const picture = Buffer.from(String(sent.at(-1)?.message.png), 'base64');
  expect(picture.subarray(1, 4).toString() === 'PNG', 'the picture is a PNG');
  writeFileSync(path.join(resultsFolder, 'compare-export.png'), picture);

  await page.locator('.run-list vscode-checkbox').nth(1).click();
  await page.locator('vscode-dropdown').first().click();
  await page.getByRole('option', { name: 'Validation loss' }).click();
  await page.locator('vscode-dropdown').nth(1).click();
  await page.getByRole('option', { name: 'Training FLOPs' }).click();
  await page.getByText('Log x').click();
  await page.getByText('Log y').click();
  await post(page, [comparison([ids[0] ?? '', ids[2] ?? ''])]);
  await shoot(page, 'validation-log');
  await page.getByRole('button', { name: 'Diff Specs' }).click();
  expect((await stubOf(page)).sent.at(-1)?.message.type === 'diff', 'the diff of the two chosen');
  await page.setViewportSize({ width: 640, height: 1100 });
  await frames(page, 6);
  expect((await inked(page, '.plot canvas')) > 0.005, 'not blank after a resize');
  await shoot(page, 'narrow');
  const { violations, state } = await stubOf(page);
  expect(violations.length === 0, `nothing that the security policy refuses ${violations.slice(0, 3).join('; ')}`);

  const restored = await openPanel(stage, { panel: 'compare', state });
  await post(restored, [list]);
  const again = (await stubOf(restored)).sent.map(
    ({ message }) => `${message.type} ${message.missing ?? message.runIds}`,
  );
  expect(
    again.join('; ') === `ready ${ids[0]},${ids[2]}; selected ${ids[0]},${ids[2]}`,
    'a restored panel asks for its runs',
  );
  await restored.context().close();
  await page.context().close();
}

/** 20 runs of 20,000 points, then the cross-hair and the slider. */
async function manyPoints(stage: Stage): Promise<void> {
  console.log('compare: 20 runs of 20,000 points');
  const { ids, list, series, comparison } = messagesOf(manyRuns(20, 20_000));
  const page = await openPanel(stage, { panel: 'compare' });
  await post(page, [list, { type: 'select', runIds: ids }]);
  const typed = await stubOf(page);
  typed.longTasks.length = 0;
  for (const message of series) {
    // As VS Code delivers them: typed arrays.
    await page.evaluate(raw => {
      const columns = (table: Record<string, number[]>) =>
        Object.fromEntries(Object.entries(table).map(([name, values]) => [name, Float64Array.from(values)]));
      const { steps, evals, ...rest } = raw as unknown as Record<'steps' | 'evals', Record<string, number[]>>;
      const held = window as unknown as { list?: object[] };
      held.list = [...(held.list ?? []), { ...rest, steps: columns(steps), evals: columns(evals) }];
    }, message as object);
  }
  const longest = async (what: string, action: () => Promise<unknown>) => {
    await page.evaluate(() => {
      (window as unknown as { stub: Stub }).stub.longTasks.length = 0;
    });
    await action();
    await frames(page, 12);
    const { longTasks } = await stubOf(page);
    console.log(`  ${what}: longest task ${Math.round(Math.max(0, ...longTasks))} ms, ${longTasks.length} above 50 ms`);
  };
  const profiler = process.env.PROFILE === undefined ? null : await page.context().newCDPSession(page);
  await profiler?.send('Profiler.enable');
  await profiler?.send('Profiler.start');
  await longest('20 messages', () =>
    page.evaluate(() => {
      for (const message of (window as unknown as { list: object[] }).list)
        window.postMessage({ version: 1, message }, '*');
    }),
  );
  await post(page, [comparison(ids)]);
  expect(
    (await stubOf(page)).sent.every(({ message }) => message.type !== 'problem'),
    'all rows accepted',
  );
  expect((await inked(page, '.plot canvas')) > 0.02, 'curves not blank');
  await shoot(page, '20');
  const box = await page.locator('.plot').boundingBox();
  await longest('moving the cross-hair', async () => {
    for (let step = 0; step < 60; step++) await page.mouse.move((box?.x ?? 0) + 60 + step * 10, (box?.y ?? 0) + 120);
  });
  expect((await page.locator('.readout li:visible').count()) === 20, 'twenty values at the cross-hair');
  await shoot(page, '20-crosshair');
  await page.locator('.run-list li').nth(4).hover();
  await frames(page, 6);
  await shoot(page, '20-highlight');
  await longest('moving the slider', async () => {
    await page.locator('input[type=range]').focus();
    for (let press = 0; press < 20; press++) await page.keyboard.press('ArrowLeft');
  });
  await longest('zooming by dragging', async () => {
    await page.mouse.move((box?.x ?? 0) + 100, (box?.y ?? 0) + 120);
    await page.mouse.down();
    await page.mouse.move((box?.x ?? 0) + 260, (box?.y ?? 0) + 120, { steps: 8 });
    await page.mouse.up();
  });
  expect(await page.getByRole('button', { name: 'Show all' }).isVisible(), 'zoomed');
  await shoot(page, '20-zoomed');
  const times = await page.evaluate(async () => {
    const slider = document.querySelector<HTMLInputElement>('input[type=range]');
    const durations: number[] = [];
    for (let turn = 0; turn < 15 && slider !== null; turn++) {
      slider.value = String(0.5 + turn / 50);
      const begin = performance.now();
      slider.dispatchEvent(new Event('input'));
      await new Promise<void>(resolve => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));
      durations.push(performance.now() - begin);
    }
    return durations.sort((a, b) => a - b);
  });
  console.log(
    `  a redraw of all, from input to the frame after: shortest ${Math.round(times[0] ?? 0)} ms, median ${Math.round(times[7] ?? 0)} ms`,
  );
  const profile = await profiler?.send('Profiler.stop');
  if (profile !== undefined)
    writeFileSync(path.join(resultsFolder, 'compare.cpuprofile'), JSON.stringify(profile.profile));
  await changeTheme(page, 'light');
  await shoot(page, '20-light');
  await page.context().close();
}
