import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildOnce } from '../support/build';
import { modelFile } from '../support/model-file';
import { runCli } from '../support/run-cli';
import { tempFolder } from '../support/temp-folder';

let dist = '';
beforeAll(() => {
  dist = buildOnce('cli', 'server');
}, 60_000);

const good = modelFile();

describe('supra check', () => {
  test('prints problems as file:line:column with code and page, and exits with 1 on errors', async () => {
    const cwd = tempFolder();
    writeFileSync(join(cwd, 'model.supra'), good.replace('hidden  = 16', 'hiden   = 16'));
    const { code, out } = await runCli(dist, ['check'], { cwd });
    expect(code).toBe(1);
    expect(out).toMatch(/^model\.supra:4:3: error .*hidden.* \[unknown-setting\]$/m);
    expect(out).toContain('  4 |   hiden   = 16');
    expect(out).toMatch(/\| {3}\^{5} {2}docs\/language-problems\.md#unknown-setting/);
    expect(out).toMatch(/\d errors?/);
    const json = await runCli(dist, ['check', '--json', 'model.supra'], { cwd });
    expect(JSON.parse(json.out)[0]).toMatchObject({ file: 'model.supra', line: 4, column: 3, code: 'unknown-setting' });
  });

  test('a warning exits with 0, and with 1 when strict', async () => {
    const cwd = tempFolder();
    writeFileSync(join(cwd, 'model.supra'), good.replace('heads = 2', 'heads = 2  window = 16'));
    const { code, out } = await runCli(dist, ['check'], { cwd });
    expect(out).toContain('[window-without-effect]');
    expect(code).toBe(0);
    expect((await runCli(dist, ['check', '--strict'], { cwd })).code).toBe(1);
  });

  test('a format that cannot hold a model is a note, and no reason to fail', async () => {
    const cwd = tempFolder();
    const trained = modelFile({ train: ['steps = 10'] });
    writeFileSync(join(cwd, 'plain.supra'), trained);
    writeFileSync(join(cwd, 'windowed.supra'), trained.replace('heads = 2', 'heads = 2  window = 8'));
    expect((await runCli(dist, ['check', 'plain.supra'], { cwd })).out).not.toContain('not-exportable');
    const { code, out } = await runCli(dist, ['check', 'windowed.supra'], { cwd });
    expect(out).toMatch(/^windowed\.supra:8:32: info GGUF cannot hold this model\..* \[not-exportable\]$/m);
    expect(code).toBe(0);
  });

  test('a missing file, a wrong option and a folder without a file are told in a line, with 2', async () => {
    const cwd = tempFolder();
    const missing = await runCli(dist, ['check', 'nothing.supra'], { cwd });
    expect(missing).toMatchObject({ code: 2, out: '' });
    expect(missing.err).toMatch(/^supra: Reading nothing\.supra failed .*does not exist/);
    expect(await runCli(dist, ['check'], { cwd })).toMatchObject({
      code: 2,
      err: expect.stringContaining('supra new'),
    });
    expect((await runCli(dist, ['check', '--fast'], { cwd })).code).toBe(2);
    expect((await runCli(dist, ['explode'], { cwd })).code).toBe(2);
  });
});

test('every example has nothing to complain about, is formatted, and Experiment 4 has its exact totals', async () => {
  const cwd = resolve(__dirname, '../../examples');
  const files = readdirSync(cwd, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.supra'));
  expect(files.length).toBeGreaterThan(5);
  const checked = await runCli(dist, ['check', '--strict', ...files], { cwd });
  expect(checked).toMatchObject({ code: 0, out: expect.stringContaining('nothing to complain about') });
  expect(await runCli(dist, ['format', '--check', ...files], { cwd })).toMatchObject({ code: 0, out: '' });
  const { out } = await runCli(dist, ['cost', '--json', 'experiment-4/model.supra'], { cwd });
  const { models, runs } = JSON.parse(out);
  expect(models.map((model: { name: string; total: number }) => [model.name, model.total])).toEqual([
    ['deep_12x128', 4_197_504],
    ['medium_6x192', 5_114_304],
    ['shallow_3x256', 5_244_672],
  ]);
  expect(runs.map((run: { steps: number }) => run.steps)).toEqual([6104, 6104, 6104]);
});

test('supra cost says the numbers for people, and refuses a file with errors', async () => {
  const cwd = tempFolder();
  writeFileSync(join(cwd, 'model.supra'), good);
  const { out } = await runCli(dist, ['cost'], { cwd });
  expect(out).toContain('9,312');
  expect(out).toContain('block x 2');
  writeFileSync(join(cwd, 'model.supra'), good.replace('heads = 2', 'heads = "two"'));
  expect(await runCli(dist, ['cost'], { cwd })).toMatchObject({
    code: 1,
    err: expect.stringContaining('Correct them'),
  });
  expect(await runCli(dist, ['cost', '--model', 'other'], { cwd })).toMatchObject({ code: 1 });
});

test('supra format prints, compares and writes', async () => {
  const cwd = tempFolder();
  const path = join(cwd, 'model.supra');
  const ugly = good.replace('  vocab   =', '      vocab   =');
  writeFileSync(path, ugly);
  expect((await runCli(dist, ['format'], { cwd })).out).toBe(good);
  expect(await runCli(dist, ['format', '--check'], { cwd })).toMatchObject({
    code: 1,
    out: 'model.supra is not formatted\n',
  });
  expect(readFileSync(path, 'utf8')).toBe(ugly);
  expect((await runCli(dist, ['format', '--write'], { cwd })).code).toBe(0);
  expect(readFileSync(path, 'utf8')).toBe(good);
  expect((await runCli(dist, ['format', '--check'], { cwd })).code).toBe(0);
  writeFileSync(path, 'model {{{');
  expect(await runCli(dist, ['format', '--write'], { cwd })).toMatchObject({ code: 1 });
  expect(readFileSync(path, 'utf8')).toBe('model {{{');
});

test('supra new writes an example and never over a file', async () => {
  const cwd = tempFolder();
  expect((await runCli(dist, ['new'], { cwd })).code).toBe(0);
  expect(readFileSync(join(cwd, 'model.supra'), 'utf8')).toContain('model supra_mini');
  expect(await runCli(dist, ['new'], { cwd })).toMatchObject({
    code: 2,
    err: expect.stringContaining('not overwritten'),
  });
  expect((await runCli(dist, ['new', '--list'], { cwd })).out).toMatch(/^experiment-4 +Depth against width/m);
  expect(await runCli(dist, ['new', 'x.supra', '--example', 'none'], { cwd })).toMatchObject({ code: 2 });
});

test('help lists every verb, and the version is that of the package', async () => {
  const cwd = tempFolder();
  const { out, code } = await runCli(dist, ['--help'], { cwd });
  expect(code).toBe(0);
  const folder = resolve(__dirname, '../../src/cli/commands');
  for (const verb of readdirSync(folder).map(file => file.replace('.ts', ''))) {
    expect(out).toMatch(new RegExp(`^ {2}${verb} `, 'm'));
  }
  expect(out).toContain('Exit codes');
  const { version } = JSON.parse(readFileSync(resolve(__dirname, '../../package.json'), 'utf8'));
  expect((await runCli(dist, ['--version'], { cwd })).out).toBe(`${version}\n`);
});

test('a reader that has seen enough is no failure', async () => {
  const cwd = tempFolder();
  const many = Array.from({ length: 400 }, (_, index) => good.replace('tiny', `m${index}`)).join('\n');
  writeFileSync(join(cwd, 'model.supra'), many);
  const { spawnSync } = await import('node:child_process');
  const piped = spawnSync(
    'bash',
    ['-c', `set -o pipefail; "$0" "$1" cost | head -n 1`, process.execPath, join(dist, 'cli.js')],
    { cwd, encoding: 'utf8' },
  );
  expect(piped).toMatchObject({ stdout: 'm0\n', stderr: '', status: 0 });
});
