import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unfitsOf } from '../../../src/exchange/unfits';
import { type Facts, noFacts } from '../../../src/language/analysis/checks/check';
import { type Analysed, analysed } from '../../../src/language/features/analysed';
import { parse } from '../../../src/language/syntax/parser';
import { corpus as everyCase } from '../../support/corpus';
import { corpus } from './corpus';
import { everyFeature } from './every-feature';

const gallery = parse('model llama_tiny {\n  vocab = 100\n  hidden = 64\n  layer a {\n    ffn mlp\n  }\n}\n').value;
const options = { findModel: (name: string) => (name === 'llama_tiny' ? gallery : undefined) };
const facts: Facts = {
  ...noFacts,
  machineMemoryBytes: 8e9,
  dataBytes: source => (source === 'tiny.txt' ? 1 : 1e7),
  unfitsOf,
};
const again = (text: string, before?: Analysed) => analysed(text, options, facts, before?.recall);

/** Models that copy each other and the gallery, one with a budget, and runs of theirs. */
const family = `model base {
  vocab = 8192
  context = 64
  hidden = 64
  layer a {
    attention gqa { heads = 4  window = 64 }
    ffn swiglu { width = 4 * hidden }
  }
  layers = a * 12
}
model sparse from base {
  layer a {
    ffn moe { experts = 8  top_k = 2  width = 20 }
  }
}
model sized from base {
  hidden = auto
  budget = 3M
}
model far from llama_tiny {
  layers = a * 2
}
data text {
  source = "corpus.txt"
  tokenizer bytes
}
train long {
  model = base
  optimizer adamw { lr = 3e-3 }
  tokens = 100M
}
train next from long {
  model = sparse
  data = text
  ema = 0.999
}
train last { model = sized  batch = 64 }
`;

const texts = [family, ...corpus.map(([, text]) => text), ...everyCase().map(({ text }) => text)];

/** What a file means, without the places where it is resolved. */
const meaning = ({ file: { document, models, data, trains } }: Analysed) => ({
  document,
  models: models.map(({ name, spec, approximate, solved, layers }) => ({
    ...{ name, spec, approximate, solved },
    layers: layers.map(layer => layer.spec),
  })),
  data: data.map(({ spec, approximate }) => ({ spec, approximate })),
  trains: trains.map(({ experiment, spec, approximate }) => ({ experiment, spec, approximate })),
});

/** A file that may hold several of the others; what shares a name with something else is a mistake like any. */
const files = fc.oneof(
  fc.constant(family),
  fc.array(fc.constantFrom(...texts), { minLength: 1, maxLength: 3 }).map(some => some.join('\n')),
);

/** What somebody types or deletes: at a place of the file, for a number of characters. */
const edits = fc.array(
  fc.record({
    place: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.oneof(fc.constant(0), fc.constant(1), fc.nat(200)),
    typed: fc.oneof(
      fc.constantFrom(
        '',
        '',
        '\n',
        ' ',
        '#',
        '1',
        '9',
        '0',
        '{',
        '}',
        'base',
        'auto',
        'from base',
        'layer a',
        'hidden = 96\n',
      ),
      fc.constantFrom(
        'model base {',
        'train { model = base }\n',
        'data text {\n}\n',
        'window = none ',
        'window = 32 ',
        'softcap = 30 ',
        'sparse',
        '.5',
        'é',
      ),
    ),
    /** The next edit starts from the text before this one: it is undone. */
    undone: fc.boolean(),
  }),
  { minLength: 1, maxLength: 8 },
);

describe('an analysis that knows the one before', () => {
  it('says what an analysis from scratch says, after every edit of a chain', () => {
    fc.assert(
      fc.property(files, edits, (start, chain) => {
        let text = start;
        let before = again(text);
        for (const { place, length, typed, undone } of chain) {
          const at = Math.floor(place * text.length);
          const typedText = text.slice(0, at) + typed + text.slice(at + length);
          for (const next of undone ? [typedText, text] : [typedText]) {
            const scratch = again(next);
            before = again(next, before);
            expect(before.problems).toEqual(scratch.problems);
            expect(meaning(before)).toEqual(meaning(scratch));
            text = next;
          }
        }
        const at = Math.floor((chain.at(-1)?.place ?? 0) * text.length);
        expect(everyFeature(before, at)).toEqual(everyFeature(again(text), at));
      }),
      { numRuns: 40 },
    );
  });

  const specOf = ({ file }: Analysed, name: string) => file.models.find(model => model.name === name)?.spec;

  it('keeps the specs of models that an edit does not concern, wherever they move', () => {
    const first = again(family);
    const second = again(`# One line more.\n\n${family.replace('width = 20', 'width = 24')}`, first);
    for (const name of ['base', 'sized', 'far']) expect(specOf(second, name)).toBe(specOf(first, name));
    expect(specOf(second, 'sparse')).not.toBe(specOf(first, 'sparse'));
  });

  it('keeps none that is copied from what changed', () => {
    const first = again(family);
    const second = again(family.replace('hidden = 64', 'hidden = 80'), first);
    for (const name of ['base', 'sparse', 'sized']) expect(specOf(second, name)).not.toBe(specOf(first, name));
    expect(specOf(second, 'sparse')?.hidden).toBe(80);
    expect(specOf(second, 'far')).toBe(specOf(first, 'far'));
  });

  it('asks rules again that may speak of a run because of its model, its data or the machine', () => {
    const codes = (file: Analysed) => file.problems.map(({ code }) => code);
    const first = again(family);
    expect(codes(first)).not.toContain('batch-larger-than-data');
    const tiny = again(family.replace('"corpus.txt"', '"tiny.txt"'), first);
    expect(codes(tiny)).toContain('batch-larger-than-data');
    const grown = { ...facts, dataBytes: () => 1 };
    expect(codes(analysed(family, options, grown, first.recall))).toContain('batch-larger-than-data');
    const small = { ...facts, machineMemoryBytes: 1000 };
    expect(codes(first)).not.toContain('memory-above-machine');
    expect(codes(analysed(family, options, small, first.recall))).toContain('memory-above-machine');
    const larger = again(family.replace('hidden = 64', 'hidden = 2048'), first);
    expect(codes(larger)).toContain('memory-above-machine');
  });

  it('says of every trained model which formats cannot hold it, wherever it moves and whatever changed', () => {
    const marked = ({ text, problems }: Analysed) =>
      problems.flatMap(({ code, start, end }) => (code === 'not-exportable' ? [text.slice(start, end)] : []));
    const first = again(family);
    expect(marked(first)).toEqual([]);
    const narrow = again(family.replace('window = 64', 'window = 32'), first);
    expect(marked(narrow)).toEqual(['window = 32']);
    const moved = again(`# One line more.\n\n${narrow.text}`, narrow);
    expect(marked(moved)).toEqual(['window = 32']);
    const untrained = again(moved.text.slice(0, moved.text.indexOf('train long')), moved);
    expect(marked(untrained)).toEqual([]);
    expect(marked(again(`${untrained.text}train { model = sparse }\n`, untrained))).toEqual(['window = 32']);
    expect(marked(again(family, moved))).toEqual([]);
    const unknown = analysed(moved.text, options, { ...facts, unfitsOf: () => [] }, moved.recall);
    expect(marked(unknown)).toEqual([]);
    expect(marked(again(moved.text, unknown))).toEqual(['window = 32']);
  });
});
