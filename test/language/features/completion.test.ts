// biome-ignore-all lint/suspicious/noTemplateCurlyInString: snippets look like templates
import { describe, expect, it } from 'vitest';
import { applyEdits } from '../../../src/base/text';
import { analysed } from '../../../src/language/features/analysed';
import { completion, plainText } from '../../../src/language/features/completion';
import type { PathEntry } from '../../../src/language/features/completion-paths';
import { cursor, galleryNames, inLayer, inModel } from './cursor';

const labels = (text: string, afterBlank = false): readonly string[] => {
  const { offset, ...file } = cursor(text);
  return completion(file, offset, { gallery: galleryNames, afterBlank }).items.map(item => item.label);
};

/** The text after the item called `label` was chosen and its snippet left as it is. */
function choose(text: string, label: string): string {
  const { offset, ...file } = cursor(text);
  const { items, replace } = completion(file, offset, { gallery: galleryNames });
  const item = items.find(candidate => candidate.label === label);
  if (!item) throw new Error(`expected ${label} among ${items.map(found => found.label).join(', ')}`);
  return applyEdits(file.text, [{ ...replace, newText: plainText(item.snippet) }]);
}

describe('blocks and settings', () => {
  it('offers the blocks of a file at its top', () => {
    expect(labels('$0')).toEqual(['model', 'data', 'train']);
    expect(labels('mod$0')).toEqual(['model', 'data', 'train']);
  });

  it('offers what a block lacks, required settings first', () => {
    const found = labels('model a {\n  vocab = 100\n  $0\n}\n');
    expect(found.slice(0, 3)).toEqual(['hidden', 'layers', 'layer']);
    expect(found).toContain('context');
    expect(found).not.toContain('vocab');
  });

  it('offers them while one is being typed, the typed one too', () => {
    expect(labels(inModel('  init$0'))).toContain('init_std');
    expect(labels(inLayer('attention gqa { heads = 4  kv_h$0 }'))).toContain('kv_heads');
    expect(labels(inLayer('attention gqa { heads = 4  kv_h$0 }'))).not.toContain('heads');
  });

  it('offers them before the closing brace is there', () => {
    expect(labels('model a {\n  vocab = 100\n  layer x {\n    $0')).toContain('attention gqa');
    expect(labels('model a {\n  vocab = 100\n  layer x {\n    norm rms { $0')).toContain('place');
  });

  it('offers variants behind the word of a slot', () => {
    expect(labels(inLayer('norm $0'))).toEqual(['rms', 'layer']);
    expect(labels(inLayer('position ro$0 { theta = 5 }'))).toContain('rope');
    expect(labels('train {\n  schedule $0')).toContain('cosine');
  });

  it('offers to change what a layer copies', () => {
    expect(labels(inModel('  layer other from block {\n    $0\n  }'))).toContain('attention');
    expect(labels(inLayer('$0'))).not.toContain('attention');
  });

  it('writes what a variant cannot do without', () => {
    expect(choose(inLayer('att$0'), 'attention gqa')).toContain('    attention gqa { heads = 4 }\n');
    expect(choose(inLayer('attention $0'), 'gqa')).toContain('    attention gqa { heads = 4 }\n');
    expect(choose(inLayer('attention $0 { heads = 2 }'), 'gqa')).toContain('    attention gqa { heads = 2 }\n');
  });

  it.each(['model', 'data', 'train'])('writes a whole %s block that has no problem', word => {
    const before = word === 'train' ? `${inModel('  layers = block * 2, wide')}\n$0` : '$0';
    const { problems } = analysed(choose(before, word));
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it('keeps quiet where a name is invented and where nothing is known', () => {
    expect(labels('model $0')).toEqual([]);
    expect(labels('nonsense {\n  $0\n}\n')).toEqual([]);
    expect(labels('data d {\n  source = "$0"\n}\n')).toEqual([]);
  });

  it('opens by itself behind a blank only where something must follow', () => {
    expect(labels(inLayer('$0'), true)).toEqual([]);
    expect(labels(inLayer('norm $0'), true)).toEqual(['rms', 'layer']);
    expect(labels(inModel('  tied = $0'), true)).toEqual(['true', 'false']);
  });
});

describe('values', () => {
  it('offers choices and truth', () => {
    expect(labels(inLayer('norm rms { place = $0 }'))).toEqual(['pre', 'post', 'sandwich']);
    expect(labels(inLayer('norm rms { place = sa$0\n}'))).toEqual(['pre', 'post', 'sandwich']);
    expect(labels(inModel('  tied = $0'))).toEqual(['true', 'false']);
  });

  it('offers the default, suggestions, none and the numbers in scope', () => {
    const found = labels(inLayer('attention gqa { heads = 8  head_dim = $0 }'));
    expect(found.slice(0, 4)).toEqual(['hidden / heads', '32', '64', '128']);
    expect(found).toEqual(expect.arrayContaining(['heads', 'hidden', 'sqrt']));
    expect(found).not.toContain('head_dim');
    expect(labels(inLayer('attention gqa { heads = 8  window = $0 }'))).toContain('none');
  });

  it('offers names behind an operator', () => {
    expect(labels(inLayer('ffn swiglu { width = 4 * $0 }'))).toContain('hidden');
    expect(labels(inLayer('ffn swiglu { width = 4 * $0 }'))).not.toContain('4 * hidden');
    expect(labels(inLayer('ffn swiglu { width = sqrt($0 }'))).toContain('hidden');
  });

  it('offers units that keep the number legal', () => {
    expect(labels(inModel('  context = 2$0'))).toEqual(['2k', '2Ki']);
    expect(labels('data d {\n  holdout = 5$0\n}\n')).toEqual(['5%']);
    expect(choose(inModel('  context = 2$0'), '2Ki')).toContain('context = 2Ki\n');
  });

  it('offers layers in a pattern, also over several lines', () => {
    expect(labels(inModel('  layers = $0'))).toEqual([
      'block * …',
      'wide * …',
      '(block * 5, wide) * 4',
      'block',
      'wide',
    ]);
    expect(labels(inModel('  layers = (block * 2, $0'))).toContain('wide');
    expect(labels(inModel('  layers = (block * 2,\n    $0)'))).toContain('wide');
  });

  it('offers blocks where one is referred to', () => {
    expect(labels(`${inModel('')}\ntrain {\n  model = $0\n}\n`)).toEqual(['small']);
    expect(labels(`${inModel('')}\nmodel copy from $0 {\n}\n`)).toEqual(['small', 'llama_tiny']);
    expect(labels(inModel('  layer last from $0 {\n  }'))).toEqual(['block', 'wide']);
  });

  it('goes on with a path inside of its quotes, one step at a time', () => {
    const folders: Readonly<Record<string, readonly PathEntry[]>> = {
      '': [
        { name: 'tokenizer.json', kind: 'file' },
        { name: 'book.txt', kind: 'file' },
        { name: 'models', kind: 'folder' },
      ],
      models: [{ name: 'a model', kind: 'weights', detail: 'Hugging Face' }],
    };
    const paths = (folder: string) => folders[folder] ?? [];
    const found = (text: string) => {
      const { offset, ...file } = cursor(text);
      const { items, replace } = completion(file, offset, { paths });
      return items.map(({ label, snippet }) => [label, applyEdits(file.text, [{ ...replace, newText: snippet }])]);
    };
    expect(found('data { source = "$0" }')).toEqual([
      ['models/', 'data { source = "models/" }'],
      ['book.txt', 'data { source = "book.txt" }'],
    ]);
    expect(found('data { tokenizer hf { file = "tok$0" } }')).toEqual([
      ['models/', 'data { tokenizer hf { file = "models/" } }'],
      ['tokenizer.json', 'data { tokenizer hf { file = "tokenizer.json" } }'],
    ]);
    expect(found('train { start = "mo$0dels/x" }')).toEqual([['models/', 'train { start = "models/x" }']]);
    expect(found('train { start = "models/a$0" }')).toEqual([['a model', 'train { start = "models/a model" }']]);
    expect(found('train {\n  start = "models/$0\n  steps = 5\n}')[0]?.[1]).toContain('"models/a model\n  steps');
    expect(found('train { start = "models/x"$0 }')).toEqual([]);
    expect(found('data { text_field = "$0" }')).toEqual([]);
    expect(labels('train { start = "$0" }')).toEqual([]);
  });

  it('offers codes to silence, those of the line first', () => {
    const layer = '  layer other {\n    attention gqa { heads = 8  window = 4096 } # supra-ignore $0\n  }';
    const found = labels(inModel(`${layer}\n  layers = other`));
    expect(found[0]).toBe('window-without-effect');
    expect(found).not.toContain('unknown-block');
    expect(labels(inLayer('norm rms # $0'))).toEqual(['supra-ignore']);
    expect(labels(inLayer('norm rms # as in Llama $0'))).toEqual([]);
  });
});

it.each([
  ['heads = ${1:8}', 'heads = 8'],
  ['place = ${1|post,pre|}', 'place = post'],
  ['sqrt($1)', 'sqrt()'],
  ['"${1:data/*.txt}"', '"data/*.txt"'],
  ['a \\$ b \\} c', 'a $ b } c'],
])('the snippet %s reads %s', (snippet, text) => expect(plainText(snippet)).toBe(text));
