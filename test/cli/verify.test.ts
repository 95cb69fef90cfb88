import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildOnce } from '../support/build';
import { runCli } from '../support/run-cli';
import { tempFolder } from '../support/temp-folder';

let dist = '';
beforeAll(() => {
  dist = buildOnce('cli', 'server');
}, 60_000);

const goldens = join(import.meta.dirname, '..', 'fixtures', 'golden');

/** A golden that can be changed. */
function copyOf(family: string): string {
  const folder = join(tempFolder(), family);
  cpSync(join(goldens, family), folder, { recursive: true });
  return folder;
}

describe('supra verify', () => {
  test.each(['qwen3_moe', 'gpt_oss'])('%s answers as transformers recorded it', async family => {
    const { code, out } = await runCli(dist, ['verify', join(goldens, family)], { cwd: tempFolder() });
    const report = JSON.parse(out);
    expect(report).toMatchObject({ ok: true, missing: [], unexpected: [], wrongShape: [] });
    expect(report.comparison).toMatchObject({ withinTolerance: true });
    expect(report.comparison.logits).toBeLessThanOrEqual(3e-5);
    expect(code).toBe(0);
  });

  test('a model that differs from the recording is told apart', async () => {
    const folder = copyOf('qwen3');
    const path = join(folder, 'config.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"rope_theta": 1000000.0', '"rope_theta": 10000.0'));
    const { code, out } = await runCli(dist, ['verify', folder], { cwd: tempFolder() });
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ ok: false, comparison: { withinTolerance: false } });
  });

  test('tensors that do not fit the config are errors that name them', async () => {
    const folder = copyOf('qwen3');
    const path = join(folder, 'config.json');
    writeFileSync(
      path,
      readFileSync(path, 'utf8')
        .replace('"num_hidden_layers": 3', '"num_hidden_layers": 2')
        .replace(/"layer_types": \[[^\]]*\],/, ''),
    );
    const { code, out, err } = await runCli(dist, ['verify', folder], { cwd: tempFolder() });
    expect(code).toBe(1);
    expect(JSON.parse(out).unexpected).toContain('model.layers.2.mlp.up_proj.weight');
    expect(err).toContain('unexpected: model.layers.2.mlp.up_proj.weight');
  });

  test('without a recording it says what was loaded; without weights it says so', async () => {
    const folder = copyOf('olmo2');
    writeFileSync(join(folder, 'meta.json.away'), '');
    const bare = tempFolder();
    for (const file of ['config.json', 'model.safetensors']) cpSync(join(folder, file), join(bare, file));
    const loaded = await runCli(dist, ['verify', bare], { cwd: bare });
    expect([loaded.code, JSON.parse(loaded.out)]).toMatchObject([
      0,
      { ok: true, parameters: 85_104, comparison: null },
    ]);
    const empty = tempFolder();
    cpSync(join(folder, 'config.json'), join(empty, 'config.json'));
    expect(await runCli(dist, ['verify', empty], { cwd: empty })).toMatchObject({
      code: 2,
      err: expect.stringContaining('no model.safetensors'),
    });
  });
});
