import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import reference from '../fixtures/reference/architectures.json';
import { buildOnce } from '../support/build';
import { runCli } from '../support/run-cli';
import { tempFolder } from '../support/temp-folder';

let dist = '';
beforeAll(() => {
  dist = buildOnce('cli', 'server');
}, 60_000);

/** A folder with a published model in it. */
function published(name: string, folder: string): string {
  const config = reference.find(entry => entry.name === name)?.config;
  const cwd = tempFolder();
  mkdirSync(join(cwd, folder));
  writeFileSync(join(cwd, folder, 'config.json'), JSON.stringify(config));
  return cwd;
}

describe('supra import', () => {
  test('counts a published config.json', async () => {
    const cwd = published('GLM-4.5-Air 106B-A12B', 'GLM-4.5-Air');
    const { code, out, err } = await runCli(dist, ['import', 'GLM-4.5-Air', '--cost', '--json'], { cwd });
    expect([code, err]).toEqual([0, '']);
    expect(JSON.parse(out)).toMatchObject({
      name: 'glm_4_5_air',
      modelType: 'glm4_moe',
      total: 106_852_245_504,
      active: 13_424_123_904,
      activeNonEmbedding: 12_182_609_920,
      nonEmbedding: 105_610_731_520,
      routerBias: 5760,
      warnings: [],
    });
    const table = await runCli(dist, ['import', 'GLM-4.5-Air/config.json', '--cost'], { cwd });
    expect(table.out).toMatch(/^total +106,852,245,504$/m);
  });

  test('writes a model that supra check has nothing against, and overwrites nothing', async () => {
    const cwd = published('Gemma 3 1B', 'gemma-3-1b');
    const words = ['import', 'gemma-3-1b', '--out', 'model.supra', '--name', 'Gemma 3'];
    expect(await runCli(dist, words, { cwd })).toMatchObject({
      code: 0,
      out: expect.stringContaining('model.supra written: 999,885,952 parameters'),
    });
    expect(readFileSync(join(cwd, 'model.supra'), 'utf8')).toContain('layers = (local * 5, global) * 4, local * 2');
    expect(await runCli(dist, ['check', '--strict'], { cwd })).toMatchObject({ code: 0 });
    expect(await runCli(dist, words, { cwd })).toMatchObject({
      code: 2,
      err: expect.stringContaining('not overwritten'),
    });
  });

  test('says in the file and on the side what it could not import', async () => {
    const cwd = tempFolder();
    const config = { ...reference.find(({ name }) => name === 'Qwen3 0.6B')?.config, residual_gate: 0.5 };
    writeFileSync(join(cwd, 'config.json'), JSON.stringify(config));
    const { code, out, err } = await runCli(dist, ['import', 'config.json'], { cwd });
    expect(code).toBe(0);
    expect(err).toContain('warning: `residual_gate` = 0.5 is not understood');
    expect(out).toContain('# Not imported: `residual_gate` = 0.5 is not understood');
  });

  test('an unknown type exits with 1, a missing file with 2', async () => {
    const cwd = tempFolder();
    writeFileSync(join(cwd, 'config.json'), '{"model_type": "rwkv"}');
    const unknown = await runCli(dist, ['import', 'config.json'], { cwd });
    expect(unknown).toMatchObject({ code: 1, out: '' });
    expect(unknown.err).toMatch(/^supra: config\.json cannot be imported\. Models of the type "rwkv" .*qwen3/);
    expect(await runCli(dist, ['import', 'nothing'], { cwd })).toMatchObject({ code: 2 });
    expect(await runCli(dist, ['import', '.'], { cwd: tempFolder() })).toMatchObject({ code: 2 });
  });
});
