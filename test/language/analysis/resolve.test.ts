import { describe, expect, test } from 'vitest';
import { costsOf } from '../../../src/architecture/costs';
import { computed, integer } from '../../../src/architecture/fields';
import { analyze } from '../../../src/language/analysis/analyze';
import { closeBlock, openBlock } from '../../../src/language/analysis/block';
import { openContext } from '../../../src/language/analysis/context';
import type { ResolvedModel } from '../../../src/language/analysis/resolved';
import { parse } from '../../../src/language/syntax/parser';
import { casesIn } from '../../support/corpus';

const total = (model: ResolvedModel | undefined) => model?.spec && costsOf(model.spec).total;
const only = (text: string) => analyze(text).file.models.at(-1);
const codes = (text: string) => analyze(text).problems.map(({ code }) => code);

const model = (body: string) => `model m {\n  vocab = 8192\n  context = 512\n  hidden = 256\n${body}\n}\n`;
const block = '  layer block {\n    attention gqa { heads = 8 }\n    ffn swiglu { width = 4 * hidden }\n  }\n';

describe('models', () => {
  test('the example of the design page has 5,244,672 parameters', () => {
    const design = casesIn('test/language/cases').find(({ name }) => name === 'design');
    expect(total(only(design?.text ?? ''))).toBe(5_244_672);
  });

  test('a pattern lays out the stack, and every layer knows the word it comes from', () => {
    const text = model(
      `${block}  layer wide from block { ffn { width = 2048 } }\n  layers = (block * 2, wide) * 2, 1 * wide`,
    );
    const resolved = only(text);
    expect(resolved?.spec?.stack).toEqual(['block', 'block', 'wide', 'block', 'block', 'wide', 'wide']);
    expect(resolved?.stackOrigins.map(word => text.slice(word?.start, word?.end))).toEqual(resolved?.spec?.stack);
    expect(resolved?.layers.map(({ name, uses }) => [name, uses])).toEqual([
      ['block', 4],
      ['wide', 3],
    ]);
  });

  test('branches stand in the order written', () => {
    const kinds = only(model('  layer a { ffn swiglu { width = 8 }  attention gqa { heads = 8 } }\n  layers = a * 1'))
      ?.spec?.kinds;
    expect(kinds?.[0]?.branches.map(({ kind }) => kind)).toEqual(['ffn', 'attention']);
  });

  test('`none` is a value, not a missing one', () => {
    const attention = only(model(`${block}  layers = block * 1`))?.spec?.kinds[0]?.branches[0]?.body;
    expect(attention?.config).toMatchObject({ window: null, softcap: null, kv_heads: 8, head_dim: 32 });
  });

  test('a copied layer keeps its variant where none is named, and starts afresh where one is', () => {
    const body = `${block}  layer other from block {\n    attention { window = 64 }\n    ffn swiglu { width = 8 }\n  }\n  layers = block, other`;
    const other = only(model(body))?.spec?.kinds[1];
    expect(other?.branches.map(({ body: { config } }) => [config.heads, config.window, config.width])).toEqual([
      [8, 64, undefined],
      [undefined, undefined, 8],
    ]);
  });

  test('a copied model computes its formulas anew', () => {
    const file = analyze(
      `${model(`${block}  layers = block * 3`)}model n from m { hidden = 128  layer block { attention { heads = 4 } } }`,
    ).file;
    const body = (at: number, branch: number) => file.models[at]?.spec?.kinds[0]?.branches[branch]?.body.config;
    expect([body(0, 1)?.width, body(1, 1)?.width]).toEqual([1024, 512]);
    expect([body(1, 0)?.heads, body(1, 0)?.head_dim]).toEqual([4, 32]);
    expect(file.models[1]?.approximate).toBe(false);
  });

  test('a model of the gallery is found by its name', () => {
    const gallery = parse(casesIn('gallery').find(({ name }) => name === 'gemma-3-1b')?.text ?? '').value;
    const options = {
      findModel: (name: string) => (name === 'gemma_3_1b' ? gallery : undefined),
      galleryNames: ['gemma_3_1b'],
    };
    const text = 'model tiny from gemma_3_1b { hidden = 128  vocab = 8192  layers = local * 5, global }';
    const { file, problems } = analyze(text, options);
    expect(problems).toEqual([]);
    expect(file.models[0]?.spec?.stack).toHaveLength(6);
    expect(file.models[0]?.spec?.embedding.config.scale).toBeCloseTo(Math.sqrt(128), 12);
    const misspelt = analyze('model tiny from gemma_3_1 { }', options).problems;
    expect(misspelt.map(({ code, fixes }) => [code, fixes[0]?.title])).toEqual([
      ['unknown-reference', 'Change to gemma_3_1b'],
    ]);
  });

  test('a model with a broken setting keeps its numbers, marked as approximate', () => {
    const good = only(model(`${block}  layers = block * 3`));
    const broken = only(model(`${block.replace('= 8', '= ')}  layers = block * 3`));
    expect(good?.approximate).toBe(false);
    expect(broken?.approximate).toBe(true);
    expect(total(broken)).toBe(total(good));
    expect(only('model m { vocab = 8192 }')?.spec).toBeUndefined();
  });

  test('one slip is one message', () => {
    expect(codes(model(`${block}  layers = block * 3`).replace('hidden = 256', 'hiden = 256'))).toEqual([
      'unknown-setting',
    ]);
    expect(codes('model x from nowhere { layers = a * 2 }')).toEqual(['unknown-reference']);
  });
});

describe('runs', () => {
  const file = (train: string) => analyze(`${model(`${block}  layers = block * 3`)}train { ${train} }`).file.trains[0];

  test('the length is given in steps, in tokens, or follows from the size', () => {
    expect(file('steps = 7')?.spec?.steps).toBe(7);
    expect(file('tokens = 1M  batch = 8')?.spec?.steps).toBe(Math.ceil(1e6 / (8 * 512)));
    expect(file('batch = 8')?.spec?.steps).toBe(Math.ceil((20 * 5_244_672) / (8 * 512)));
  });

  test('without a data block the bundled corpus is read with a tokenizer that fits the model', () => {
    const experiment = analyze(`${model(`${block}  layers = block * 3`).replace('8192', '1000')}train { }`).file
      .trains[0]?.experiment;
    expect(experiment?.data).toEqual({
      source: null,
      textField: 'text',
      holdout: 0.05,
      tokenizer: { id: 'tokenizer.bpe', config: { vocab: 1000 } },
    });
  });

  test('a copied run takes its length from the nearest block', () => {
    const text = `${model(`${block}  layers = block * 3`)}train a { steps = 5  batch = 2 }\ntrain b from a { tokens = 10240 }`;
    expect(analyze(text).file.trains.map(({ spec }) => [spec?.steps, spec?.batch])).toEqual([
      [5, 2],
      [10, 2],
    ]);
  });
});

describe('names', () => {
  const text = `${model(`${block}  layer wide from block { ffn { width = 2 * hidden } }\n  layers = block * 2, wide`)}model n from m { layer block { ffn { width = 8 } } }\ntrain { model = m }`;
  const { file } = analyze(text);

  test('every use of a name is known, a layer changed in a copied model included', () => {
    const uses = file.symbols.map(symbol => [
      symbol.kind,
      symbol.name,
      symbol.uses.map(word => text.slice(word.start - 5, word.end)),
    ]);
    expect(uses).toEqual([
      ['model', 'm', ['from m', 'el = m']],
      ['layer', 'block', ['from block', 'rs = block', 'ayer block']],
      ['layer', 'wide', ['* 2, wide']],
      ['model', 'n', []],
    ]);
  });

  test('a number in arithmetic leads to its setting', () => {
    const word = [...file.references.keys()].find(({ text: name }) => name === 'hidden');
    const reference = word && file.references.get(word);
    expect(reference?.kind === 'setting' && [reference.owner.word, reference.setting.value]).toEqual(['model', 256]);
  });

  test('every known block of the file is resolved where it stands', () => {
    const words = [...file.blocks].map(([written, resolved]) => [written.keyword.text, resolved.word]);
    expect(words.every(([written, resolved]) => written === resolved)).toBe(true);
    expect(words).toHaveLength(10);
  });
});

describe('defaults', () => {
  test('a default that is not legal is blamed on the setting it follows from', () => {
    const definition = {
      word: 'thing',
      doc: '',
      fields: {
        size: integer({ doc: '' }),
        half: integer({ doc: '', default: computed('size / 2', scope => scope.number('size') / 2) }),
      },
      slots: {},
    };
    const document = parse('thing { size = 7 }').value;
    const written = document.items.flatMap(item =>
      item.kind === 'block' ? [{ block: item, document, inherited: false }] : [],
    );
    const context = openContext(document, {});
    const thing = openBlock(context, { word: 'thing', definition, written });
    closeBlock(thing);
    expect(context.problems.map(({ code, start, end }) => [code, document.text.slice(start, end)])).toEqual([
      ['default-not-whole', '7'],
    ]);
    expect(thing.settings.get('half')).toMatchObject({ value: 4, broken: true });
  });
});
