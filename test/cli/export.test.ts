import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { openSafetensors } from '../../src/exchange/safetensors';
import { buildOnce } from '../support/build';
import { modelFile } from '../support/model-file';
import { runCli } from '../support/run-cli';
import { tempFolder } from '../support/temp-folder';

let dist = '';
beforeAll(() => {
  dist = buildOnce('cli', 'server', 'trainer');
}, 60_000);

const tiny = (norm: string, ema = 'none') =>
  modelFile({
    vocab: 300,
    norm,
    data: ['tokenizer bpe { vocab = 300 }'],
    train: ['steps = 2', 'batch = 2', 'eval_every = 2', 'eval_tokens = 64', `ema = ${ema}`],
  });

test('a run becomes a folder that loads whole, and nothing is overwritten', async () => {
  const cwd = tempFolder();
  writeFileSync(join(cwd, 'model.supra'), tiny('rms'));
  expect(await runCli(dist, ['train'], { cwd })).toMatchObject({ code: 0 });
  const written = await runCli(dist, ['export', '--to', 'hf', '--out', 'hf'], { cwd });
  expect(written).toMatchObject({ code: 0, out: expect.stringContaining('as llama') });
  expect(readdirSync(join(cwd, 'hf')).sort()).toEqual([
    'README.md',
    'config.json',
    'curves.svg',
    'generation_config.json',
    'model.safetensors',
    'tokenizer.json',
    'tokenizer_config.json',
  ]);
  const card = readFileSync(join(cwd, 'hf', 'README.md'), 'utf8');
  expect(card).toMatch(/\| 2 \| \d\.\d{4} \|/);
  expect(card).toContain('(curves.svg)');
  const verified = await runCli(dist, ['verify', 'hf'], { cwd });
  expect(JSON.parse(verified.out)).toMatchObject({ ok: true, modelType: 'llama', missing: [], unexpected: [] });
  expect(await runCli(dist, ['export', '--out', 'hf'], { cwd })).toMatchObject({
    code: 2,
    err: expect.stringContaining('not overwritten'),
  });
}, 60_000);

test('of a run with an average of its weights, that is what is written', async () => {
  const cwd = tempFolder();
  writeFileSync(join(cwd, 'model.supra'), tiny('rms', '0.5'));
  expect(await runCli(dist, ['train'], { cwd })).toMatchObject({ code: 0 });
  expect(await runCli(dist, ['export', '--out', 'hf'], { cwd })).toMatchObject({ code: 0 });
  const [id = ''] = readdirSync(join(cwd, '.supra/runs'));
  const checkpoint = join(cwd, '.supra/runs', id, 'checkpoints/step-000002');
  const down = 'layers.1.ffn.down';
  const average = await tensorOf(join(checkpoint, 'ema.safetensors'), down);
  expect(await tensorOf(join(cwd, 'hf/model.safetensors'), 'model.layers.1.mlp.down_proj.weight')).toEqual(average);
  expect(await tensorOf(join(checkpoint, 'model.safetensors'), down)).not.toEqual(average);
}, 60_000);

async function tensorOf(path: string, name: string): Promise<Float32Array> {
  const file = await openSafetensors(path);
  const tensor = await file.floats(name);
  await file.close();
  return tensor;
}

test('a model that no class holds is refused with what the nearest would change', async () => {
  const cwd = tempFolder();
  writeFileSync(join(cwd, 'model.supra'), tiny('layer'));
  expect(await runCli(dist, ['train'], { cwd })).toMatchObject({ code: 0 });
  const refused = await runCli(dist, ['export', '--out', 'hf'], { cwd });
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('`norm layer` in layer 1') });
  expect(readdirSync(cwd).filter(name => name.includes('hf') || name.startsWith('.writing'))).toEqual([]);
}, 60_000);

test('a run becomes a GGUF file, whose numbers can be chosen', async () => {
  const cwd = tempFolder();
  writeFileSync(join(cwd, 'model.supra'), tiny('rms'));
  expect(await runCli(dist, ['train'], { cwd })).toMatchObject({ code: 0 });
  const written = await runCli(dist, ['export', '--to', 'gguf', '--type', 'f16', '--out', 'tiny.gguf'], { cwd });
  expect(written).toMatchObject({ code: 0, out: expect.stringContaining('as llama') });
  const file = readFileSync(join(cwd, 'tiny.gguf'));
  expect(file.subarray(0, 8)).toEqual(Buffer.from([0x47, 0x47, 0x55, 0x46, 3, 0, 0, 0]));
  expect(file.includes('tokenizer.ggml.eos_token_id')).toBe(true);
  expect(await runCli(dist, ['export', '--to', 'hf', '--type', 'q8_0', '--out', 'hf'], { cwd })).toMatchObject({
    code: 2,
    err: expect.stringContaining('f32 or bf16'),
  });
  expect(readdirSync(cwd).sort()).toEqual(['.supra', 'model.supra', 'tiny.gguf']);
}, 60_000);
