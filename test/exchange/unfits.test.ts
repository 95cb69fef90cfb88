import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import type { ModelSpec } from '../../src/architecture/model';
import { ggufArchitectureOf } from '../../src/exchange/gguf/find-architecture';
import { exportConfig } from '../../src/exchange/hugging-face/export-config';
import { importConfig } from '../../src/exchange/hugging-face/import-config';
import { unfitsOf } from '../../src/exchange/unfits';
import { analyze } from '../../src/language/analysis/analyze';
import { modelFile } from '../support/model-file';

const root = join(import.meta.dirname, '../..');

/** Every model of a file whose numbers are known. */
const specsIn = (text: string): readonly ModelSpec[] => analyze(text).file.models.flatMap(({ spec }) => spec ?? []);

function specOf(text: string): ModelSpec {
  const [spec] = specsIn(text);
  if (spec === undefined) throw new Error(`Expected a model, got ${text}`);
  return spec;
}

const llama = modelFile();
const small = (from: string, to: string) => specOf(llama.replace(from, to));
const told = (spec: ModelSpec) =>
  unfitsOf(spec).map(({ format, nearest, obstacles }) => [
    format,
    nearest,
    ...obstacles.map(({ setting, layer, text }) => `${layer} ${setting}: ${text}`),
  ]);

describe('what a format cannot hold', () => {
  test.each([
    ['nothing', small('', ''), []],
    [
      'a window in llama.cpp',
      small('heads = 2', 'heads = 2  window = 8'),
      [['gguf', 'llama', '1 attention.window: `window = 8`: attention of llama sees every earlier token']],
    ],
    [
      'a norm that no class has',
      small('norm rms', 'norm layer'),
      [
        ['hf', 'LlamaForCausalLM', '1 norm: `norm layer` in layer 1 (block): it has rms', expect.any(String)],
        ['gguf', 'llama', '1 norm: `norm layer` in layer 1 (block): it has rms', expect.any(String)],
      ],
    ],
    [
      'a part with settings of its own, named once',
      small('layers = block * 2', 'layer nope from block {\n position none\n }\n layers = block, nope * 2'),
      [['gguf', 'llama', '2 position: `position none` in layer 2 (nope): it has rope']],
    ],
    [
      'modules that look ahead',
      small('layers = block * 2', 'layers = block * 2\n mtp = block'),
      [['hf', expect.any(String), expect.stringMatching(/^null mtp: .* in module 1 of mtp/)]],
    ],
    [
      'how the experts are balanced',
      small('ffn swiglu { width = 32 }', 'ffn moe { experts = 4  top_k = 2  width = 8 }'),
      [],
    ],
  ])('%s', (_, spec, expected) => {
    expect(told(spec)).toEqual(expected);
  });

  it('is what an export would say, for every small model of the gallery and every golden', () => {
    const folders = ['gallery', 'examples'].map(name => join(root, name));
    const written = folders.flatMap(folder =>
      readdirSync(folder)
        .filter(file => file.endsWith('.supra'))
        .flatMap(file => specsIn(readFileSync(join(folder, file), 'utf8'))),
    );
    const goldens = join(root, 'test/fixtures/golden');
    const imported = readdirSync(goldens)
      .filter(name => !name.endsWith('.md'))
      .flatMap(name => importConfig(readFileSync(join(goldens, name, 'config.json'), 'utf8')).value?.spec ?? []);
    const counts = { hf: 0, gguf: 0, neither: 0 };
    for (const spec of [...written, ...imported].filter(({ stack }) => stack.length <= 12)) {
      const exported = { hf: exportConfig(spec), gguf: ggufArchitectureOf(spec) };
      const unfits = unfitsOf(spec);
      for (const format of ['hf', 'gguf'] as const) {
        const unfit = unfits.find(each => each.format === format);
        expect([spec.name, format, unfit === undefined]).toEqual([spec.name, format, exported[format].value !== null]);
        for (const { text } of unfit?.obstacles ?? []) expect(exported[format].problems).toContain(text);
        if (unfit === undefined) counts[format]++;
      }
      if (unfits.length === 2) counts.neither++;
    }
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(0);
  });

  it('is worked out once for a model that stays as it is', () => {
    const spec = small('heads = 2', 'heads = 2  window = 8');
    expect(unfitsOf(spec)).toBe(unfitsOf(spec));
    expect(unfitsOf({ ...spec })).not.toBe(unfitsOf(spec));
    expect(unfitsOf({ ...spec })).toEqual(unfitsOf(spec));
  });
});
