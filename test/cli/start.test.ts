import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { buildOnce } from '../support/build';
import { modelFile } from '../support/model-file';
import { runCli } from '../support/run-cli';
import { tempFolder } from '../support/temp-folder';

let dist = '';
beforeAll(() => {
  dist = buildOnce('cli', 'server', 'trainer');
}, 60_000);

const fileOf = (train: string, hidden = 16) =>
  modelFile({
    vocab: 300,
    hidden,
    data: ['source = "sotu"'],
    train: ['batch = 2', 'eval_every = 2', 'eval_tokens = 64', train],
  });

test('from a file to a run, and on from what that was exported to', async () => {
  const cwd = tempFolder();
  const file = join(cwd, 'model.supra');
  const supra = (...words: string[]) => runCli(dist, words, { cwd });
  writeFileSync(file, fileOf('steps = 2'));
  expect(await supra('train')).toMatchObject({ code: 0 });
  expect(await supra('export', '--out', 'published')).toMatchObject({ code: 0 });

  writeFileSync(file, fileOf('steps = 3  start = "published"'));
  expect(await supra('check')).toMatchObject({ code: 0 });
  const counted = JSON.parse((await supra('cost', '--json')).out) as { runs: object[] };
  expect(counted.runs).toMatchObject([{ start: 'published', steps: 3 }]);
  expect((await supra('cost')).out).toMatch(/starts from +published/);
  expect(await supra('train')).toMatchObject({ code: 0 });
  const [first = '', second = ''] = readdirSync(join(cwd, '.supra/runs')).sort();
  const rows = (id: string) =>
    readFileSync(join(cwd, '.supra/runs', id, 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as { kind: string; step: number; loss: number });
  const evals = (id: string) => rows(id).filter(({ kind }) => kind === 'eval');
  // The text is read with the tokenizer of the start, which learned its tokens from the same text.
  expect(evals(second)[0]).toMatchObject({ step: 0, loss: evals(first).at(-1)?.loss });
  const compared = await supra('compare', first, second);
  expect(compared.out).toMatch(/train\.start +none +published/);
  expect(await supra('export', second, '--out', 'again')).toMatchObject({ code: 0 });
  expect(readFileSync(join(cwd, 'again/README.md'), 'utf8')).toContain('| First weights | those of llama |');

  writeFileSync(file, fileOf('steps = 3  start = "published"', 32));
  const refused = await supra('train');
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('`hidden` is 16 there and 32 here') });
  writeFileSync(file, fileOf(`steps = 3  start = "${first}"`));
  expect(await supra('check')).toMatchObject({ code: 0 });
  writeFileSync(file, fileOf('steps = 3  start = "nowhere"'));
  expect(await supra('cost')).toMatchObject({ code: 1, err: expect.stringContaining('There is no nowhere') });
}, 120_000);
