import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildOnce } from '../support/build';
import { writePublished } from '../support/published-folder';
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

  test('published names in several files are read; a piece that lacks or is misshapen is named', async () => {
    const folder = tempFolder();
    await writePublished('mixtral', folder);
    const whole = await runCli(dist, ['verify', folder], { cwd: folder });
    expect([whole.code, JSON.parse(whole.out)]).toMatchObject([0, { ok: true, modelType: 'mixtral' }]);
    const place = 'model.layers.1.block_sparse_moe.experts';
    await writePublished('mixtral', folder, tensors =>
      tensors.flatMap(tensor => {
        if (tensor.name === `${place}.2.w1.weight`) return [];
        return [tensor.name === `${place}.3.w2.weight` ? { ...tensor, shape: [...tensor.shape].reverse() } : tensor];
      }),
    );
    const { code, err } = await runCli(dist, ['verify', folder], { cwd: folder });
    expect(code).toBe(1);
    expect(err.trim().split('\n')).toEqual([
      `missing: ${place}.2.w1.weight`,
      expect.stringContaining(`wrong shape: ${place}.3.w2.weight is [`),
    ]);
  });

  test('a recording that is half there, damaged or of another model is an error that says so', async () => {
    const folder = copyOf('olmo2');
    const meta = join(folder, 'meta.json');
    const recording = readFileSync(meta, 'utf8');
    const refused = async (reason: string) =>
      expect(await runCli(dist, ['verify', folder], { cwd: folder })).toMatchObject({
        code: 2,
        err: expect.stringContaining(reason),
      });
    rmSync(meta);
    await refused('has io.safetensors but no meta.json');
    writeFileSync(meta, '{');
    await refused('is no recording');
    writeFileSync(meta, recording);
    cpSync(join(goldens, 'qwen3_moe', 'io.safetensors'), join(folder, 'io.safetensors'));
    await refused('the model has no such tensor');
  });

  test('without a recording it says what was loaded; without weights it says so', async () => {
    const folder = copyOf('olmo2');
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
