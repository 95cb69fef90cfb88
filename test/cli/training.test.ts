import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { reportDataId } from '../../src/protocol/report';
import { buildOnce } from '../support/build';
import { modelFile, whaleData } from '../support/model-file';
import { runCli } from '../support/run-cli';
import { tempFolder } from '../support/temp-folder';

let dist = '';
beforeAll(() => {
  dist = buildOnce('cli', 'trainer', 'report');
}, 60_000);

const model = (steps: number, hidden = 16) =>
  modelFile({
    hidden,
    data: whaleData,
    train: [
      'batch = 4',
      `steps = ${steps}`,
      'eval_every = 20',
      'sample_every = 20',
      'prompts = ["the </script><script>alert(1)</script> "]',
    ],
  }).replace('train {', 'train quick {');

function workspace(steps: number, hidden?: number): string {
  const cwd = tempFolder();
  writeFileSync(join(cwd, 'text.txt'), 'the white whale swims in the sea and the ship follows it. '.repeat(400));
  writeFileSync(join(cwd, 'model.supra'), model(steps, hidden));
  return cwd;
}

test('the whole job: train, list, rename, sample, report, compare, delete', async () => {
  const cwd = workspace(40);
  const trained = await runCli(dist, ['train'], { cwd });
  expect(trained.code).toBe(0);
  // A pipe gets lines, no cursor movement.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences must not be there.
  expect(trained.out).not.toMatch(/\x1b/);
  expect(trained.out).toMatch(/step 40\/40 {2}loss \d/);
  expect(trained.out).toMatch(/step 40 {2}validation loss/);
  expect(trained.out).toContain('sample at step 40');
  expect(trained.out).toMatch(/completed after 40 steps in .*; best validation loss/);
  const id = /^run (\S+) /m.exec(trained.out)?.[1] ?? '';
  expect(id).toContain('quick');

  const listed = await runCli(dist, ['runs'], { cwd });
  expect(listed.out).toMatch(new RegExp(`${id}  quick +completed +40/40 +9\\.31 k`));
  expect((await runCli(dist, ['runs', 'rename', 'last', 'first try'], { cwd })).code).toBe(0);
  const json = JSON.parse((await runCli(dist, ['runs', 'list', '--json'], { cwd })).out);
  expect(json[0]).toMatchObject({ id, name: 'first try', status: 'completed', stepsDone: 40 });

  const sample = ['sample', 'first try', '--prompt', 'the white ', '--tokens', '12', '--seed', '3'];
  const written = await runCli(dist, sample, { cwd });
  expect(written.out.startsWith('the white ')).toBe(true);
  expect(written.out.length).toBeGreaterThan('the white \n'.length);
  expect(await runCli(dist, sample, { cwd })).toEqual(written);

  writeFileSync(join(cwd, 'model.supra'), model(20, 32));
  expect((await runCli(dist, ['train', '--as', 'wide'], { cwd })).code).toBe(0);
  const compared = await runCli(dist, ['compare', 'first try', 'wide'], { cwd });
  expect(compared.out).toMatch(/^model\.hidden +16 +32$/m);
  expect(compared.out).toMatch(/^Parameters +9,312 +/m);
  expect(compared.out).not.toContain('train.seed');
  expect((await runCli(dist, ['compare', 'wide', '--csv'], { cwd })).code).toBe(2);
  const csv = await runCli(dist, ['compare', 'first try', 'wide', '--csv'], { cwd });
  expect(csv.out.split('\r\n')).toHaveLength(4);
  const files = ['--markdown', 'c.md', '--html', 'c.html', '--points', 'points.csv'];
  expect((await runCli(dist, ['compare', 'first try', 'wide', ...files], { cwd })).code).toBe(0);
  expect(readFileSync(join(cwd, 'c.md'), 'utf8')).toContain('| `model.hidden` | 16 | 32 |');
  expect(readFileSync(join(cwd, 'points.csv'), 'utf8').split('\r\n')).toHaveLength(1 + 40 + 2 + 20 + 1 + 1);

  expect((await runCli(dist, ['report', 'first try', '-o', 'r.html'], { cwd })).code).toBe(0);
  const html = readFileSync(join(cwd, 'r.html'), 'utf8');
  // Self-contained: nothing is loaded, and text of the run cannot become markup.
  expect(html).not.toMatch(/<(script|link|img|iframe)[^>]*(src|href)=/i);
  expect(html.match(/<script/g)).toHaveLength(2);
  expect(html).toContain("default-src 'none'");
  expect(html).not.toContain('<script>alert(1)');
  const data = new RegExp(`id="${reportDataId}">(.*?)</script>`, 's').exec(html)?.[1] ?? '';
  expect(JSON.parse(data).runs[0].series.steps.loss).toHaveLength(40);

  expect(await runCli(dist, ['runs', 'delete', 'wide'], { cwd })).toMatchObject({
    code: 2,
    err: expect.stringContaining('--yes'),
  });
  expect((await runCli(dist, ['runs', 'delete', 'wide', '--yes'], { cwd })).code).toBe(0);
  expect(JSON.parse((await runCli(dist, ['runs', 'list', '--json'], { cwd })).out)).toHaveLength(1);
  expect(existsSync(join(cwd, '.supra', 'runs', id))).toBe(true);
}, 60_000);

test('a background run is watched, stopped, resumed; Ctrl-C of a watcher leaves it running', async () => {
  const cwd = workspace(1_000_000);
  const started = await runCli(dist, ['train', '--detach'], { cwd });
  expect(started).toMatchObject({ code: 0, out: expect.stringContaining('in the background') });
  const status = async () => JSON.parse((await runCli(dist, ['runs', 'list', '--json'], { cwd })).out)[0].status;
  await expect.poll(status, { timeout: 20_000, interval: 100 }).toBe('running');
  expect(await runCli(dist, ['runs', 'delete', 'last', '--yes'], { cwd })).toMatchObject({ code: 2 });
  expect((await runCli(dist, ['runs', 'stop'], { cwd })).code).toBe(0);
  await expect.poll(status, { timeout: 10_000, interval: 100 }).toBe('stopped');
  expect(await runCli(dist, ['runs', 'stop'], { cwd })).toMatchObject({
    code: 2,
    err: expect.stringContaining('nobody trains it'),
  });
  expect((await runCli(dist, ['resume', '--detach'], { cwd })).code).toBe(0);
  await expect.poll(status, { timeout: 20_000, interval: 100 }).toBe('running');
  expect(await runCli(dist, ['runs', 'stop'], { cwd })).toMatchObject({ code: 0, err: '' });
  const watched = await runCli(dist, ['watch'], { cwd });
  expect(watched).toMatchObject({ code: 0, out: expect.stringContaining('stopped after') });
}, 60_000);

test('what cannot be trained is said before a run is made', async () => {
  const cwd = workspace(10);
  writeFileSync(join(cwd, 'model.supra'), model(10).replace('train quick', 'train other {}\n\ntrain quick'));
  expect(await runCli(dist, ['train'], { cwd })).toMatchObject({ code: 2, err: expect.stringContaining('--name') });
  expect(await runCli(dist, ['train', '--name', 'third'], { cwd })).toMatchObject({
    code: 2,
    err: expect.stringContaining('other, quick'),
  });
  writeFileSync(join(cwd, 'model.supra'), model(10).replace('heads = 2', 'heads = zwei'));
  expect(await runCli(dist, ['train'], { cwd })).toMatchObject({ code: 1 });
  expect(await runCli(dist, ['resume'], { cwd })).toMatchObject({
    code: 2,
    err: expect.stringContaining("no run 'last'"),
  });
  expect(existsSync(join(cwd, '.supra'))).toBe(false);
}, 30_000);

test('a training that fails exits with 1 and says why', async () => {
  const cwd = workspace(10);
  writeFileSync(join(cwd, 'model.supra'), model(10).replace('text.txt', 'gone.txt'));
  const { code, out } = await runCli(dist, ['train'], { cwd });
  expect(code).toBe(1);
  expect(out).toContain('gone.txt');
}, 30_000);

test('an engine that is asked for by a wrong name is refused', async () => {
  const cwd = workspace(10);
  const { code, err } = await runCli(dist, ['doctor'], { cwd, env: { SUPRA_BACKEND: 'gpu' } });
  expect(code).toBe(2);
  expect(err).toContain("SUPRA_BACKEND is 'gpu'");
  const good = await runCli(dist, ['doctor', '--json'], { cwd, env: { SUPRA_BACKEND: 'fallback' } });
  expect(JSON.parse(good.out)).toMatchObject({ engine: 'fallback', engines: expect.any(Array) });
});
