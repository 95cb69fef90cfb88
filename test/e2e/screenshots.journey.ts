import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, test } from 'vitest';
import { codeLenses, inlayHints, openFile, openWorkbench, runCommand, runsView, until, webview } from './driver';
import { changeTheme, extensionFolder, repository, shoot, shootFailure, startStage } from './stage';

/**
 * The pictures of the README: `SUPRA_SCREENSHOTS=1 npx vitest run --config vitest.e2e.config.mts screenshots`. Real
 * models, really trained: the study of depth against width, shortened to minutes, is made once and kept.
 */
const folder = path.join(repository, '.vscode-server', 'screenshots', 'models');
const study = ['deep', 'medium', 'shallow'];

/** experiment-4 with less text per step and fewer steps; the models are the same to the last parameter. */
function writeStudy(): void {
  const whole = readFileSync(path.join(repository, 'examples', 'experiment-4', 'model.supra'), 'utf8');
  const length = 'batch       = 4\n  steps       = 160\n  eval_every  = 20\n  eval_tokens = 4Ki';
  const short = whole.replace('context = 512', 'context = 128').replaceAll(/batch {2}= 16\n {2}tokens = 50M/g, length);
  writeFileSync(path.join(folder, 'depth-or-width.supra'), short);
}

const sketch = `# Shallow and wide: fewer, larger matrix products for the same parameters.
model shallow_wide {
  vocab   = 8192
  context = 512
  hidden  = 256

  layer block {
    norm rms
    attention gqa { heads = 8  window = 512 }
    position rope { theta = 10k }
    ffn swiglu { width = 4 * hidden }
  }
  layers = block * 3
}

data corpus {
  tokenizer bpe { vocab = 8192 }
  holdout = 5%
}

train {
  optimizer adamw { lr = 1.178e-3  betas = [0.9, 0.95]  weight_decay = 0.1 }
  schedule cosine { warmup = 2%  floor = 10% }
  batch  = 16
  tokens = 10M
}
`;

describe.runIf(process.env.SUPRA_SCREENSHOTS === '1')('pictures of the README', () => {
  let stage: Awaited<ReturnType<typeof startStage>>;
  let page: Page;

  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    if (!existsSync(path.join(folder, '.supra', 'runs'))) {
      writeStudy();
      for (const name of study) {
        const args = [path.join(extensionFolder, 'dist', 'cli.js'), 'train', 'depth-or-width.supra', '--name', name];
        const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
        if (status !== 0) throw new Error(`supra train ended with ${status}: ${stderr}`);
      }
    }
    for (const run of readdirSync(path.join(folder, '.supra', 'runs')))
      if (run.includes('supra-mini')) rmSync(path.join(folder, '.supra', 'runs', run), { recursive: true });
    rmSync(path.join(folder, '.vscode'), { recursive: true, force: true });
    writeFileSync(path.join(folder, 'model.supra'), sketch);
    copyFileSync(path.join(repository, 'examples', 'supra-mini.supra'), path.join(folder, 'supra-mini.supra'));
    stage = await startStage({ settings: { 'breadcrumbs.enabled': false, 'files.exclude': { '**/.vscode': true } } });
    page = await openWorkbench(stage, folder, { width: 1600, height: 1000 });
    await changeTheme(folder, page, 'dark');
    // This server has no shell terminals and says so in the status bar; a VS Code of one's own has them.
    await page.addStyleTag({ content: '.statusbar-item[id*="pty"] { display: none !important }' });
  }, 900_000);
  afterEach(context => shootFailure(page, context.task));
  afterAll(async () => {
    await stage?.stop();
  });

  test('the editor', async () => {
    const ed = await openFile(page, 'model.supra');
    await until(
      'lenses',
      () => codeLenses(ed),
      found => found.some(lens => lens.includes('parameters')) && found.some(lens => lens.includes('Train')),
    );
    await until(
      'hints',
      () => inlayHints(ed),
      found => found.length > 4,
    );
    await ed.locator('.view-line', { hasText: 'window' }).click();
    await page.keyboard.press('Home');
    await runCommand(page, 'Problems: Focus on Problems View');
    await page.locator('.markers-panel .monaco-list-row').nth(1).waitFor();
    await page.mouse.move(700, 880);
    await page.waitForTimeout(500);
    await shoot(page, 'editor', { readme: true });
  });

  test('training', async () => {
    await runCommand(page, 'View: Hide Panel');
    await openFile(page, 'supra-mini.supra');
    await runCommand(page, 'Supra: Train Model');
    const panel = await webview(page, /^Training/, 60_000);
    await runCommand(page, 'View: Hide Panel');
    await runsView(page);
    await until(
      'most of the steps',
      async () => (await panel.locator('body').textContent()) ?? '',
      text => /Step (9\d\d|1,[0-9]\d\d) of/.test(text) || text.includes('Completed'),
      400_000,
    );
    await page.mouse.move(700, 890);
    await page.waitForTimeout(300);
    await shoot(page, 'training', { readme: true });
    await runCommand(page, 'Supra: Stop Run');
  });

  test('comparison', async () => {
    const rows = await runsView(page);
    // The first panel then has the whole width.
    await runCommand(page, 'View: Close All Editors');
    const below = page.locator('.part.panel');
    if (await below.isVisible()) await runCommand(page, 'View: Hide Panel');
    const named = (text: string) => rows.filter({ hasText: text }).first();
    await named('shallow').click();
    await named('deep').click({ modifiers: ['Control'] });
    await named('medium').click({ modifiers: ['Control'] });
    await runCommand(page, 'Supra: Compare Runs');
    const panel = await webview(page, /^Compare/);
    await until(
      'every point of three runs',
      async () => Number(await panel.locator('.overlay').getAttribute('data-points')),
      points => points >= 480,
    );
    await runCommand(page, 'View: Close Other Editors in Group').catch(() => {});
    await runCommand(page, 'View: Toggle Primary Side Bar Visibility');
    await page.mouse.move(700, 890);
    await page.waitForTimeout(800);
    // It shows throughput: to be kept, the study has to be trained on a machine that does nothing else.
    await shoot(page, 'compare', { readme: true });
  });
});
