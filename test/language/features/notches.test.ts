import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { costsOf, runFlops, trainingMemory } from '../../../src/architecture/costs';
import { tokensPerStep } from '../../../src/architecture/model';
import { applyEdits } from '../../../src/base/text';
import { analyze } from '../../../src/language/analysis/analyze';
import { runChecks } from '../../../src/language/analysis/checks/run-checks';
import { type Analysed, analysed } from '../../../src/language/features/analysed';
import { type Effect, effectOf, type Figure, type Figures, type Notch } from '../../../src/language/features/notches';
import { piecesOf, sumOfPieces } from '../../../src/language/features/pieces';
import { placeAt } from '../../../src/language/features/place';
import { type NumberLiteral, walk } from '../../../src/language/syntax/tree';
import { corpus, galleryFiles } from './corpus';
import { cursor, inModel } from './cursor';

/** A layer that the pattern uses, so that the model is whole. */
const inLayer = (body: string): string => inModel(`  layer other {\n    ${body}\n  }\n  layers = block, other`);

/** A file that needs its context: copies, a budget that decides a number, arithmetic, a run. */
const entangled = `model base {
  budget = 3M
  vocab = 4096
  context = 256
  hidden = 192
  layer block {
    norm rms
    attention gqa { heads = 8 - 2  head_dim = 32  kv_heads = 2 }
    ffn swiglu { width = auto }
  }
  layers = (block * 2, block) * 2
}
model copy from base {
  hidden = 256
  layer block { attention { heads = 8 } }
}
train run {
  model = copy
  batch = 8
  tokens = 10M
}
`;
const files = [...corpus.map(([, text]) => text), ...galleryFiles, entangled].map(text => analysed(text));

const numbersOf = ({ file }: Analysed): readonly NumberLiteral[] => {
  const found: NumberLiteral[] = [];
  walk(file.document, node => {
    if (node.kind === 'number') found.push(node);
  });
  return found;
};
const effectAt = (file: Analysed, node: NumberLiteral): Effect | undefined =>
  effectOf(file, placeAt(file, node.start), node);

/** What a whole file says about the model or run at an offset, straight from its costs. */
function expectedFigures(text: string, offset: number): Figures {
  const { file } = analyze(text);
  const model = file.models.find(({ block }) => block.start <= offset && offset <= block.end);
  if (model?.spec) {
    const costs = costsOf(model.spec);
    return new Map<Figure, number>([
      ...(model.solved ? [['auto', model.solved.best.value] as const] : []),
      ['parameters', costs.total],
      ['active', costs.active],
      ['mtp', costs.mtp],
      ['flopsPerToken', costs.forwardFlopsPerToken],
      ['cacheElements', costs.cacheElements],
    ]);
  }
  const experiment = file.trains.find(({ block }) => block.start <= offset && offset <= block.end)?.experiment;
  if (!experiment) throw new Error('Expected a model or a run.');
  const tokens = tokensPerStep(experiment) * experiment.train.steps;
  return new Map<Figure, number>([
    ['tokens', tokens],
    ['tokensPerParameter', tokens / costsOf(experiment.model).total],
    ['runFlops', runFlops(experiment)],
    ['memoryBytes', trainingMemory(experiment).totalBytes],
  ]);
}

describe('a notch', () => {
  test('is what the edited file says, and breaks nothing', () => {
    const places = files.flatMap(file => numbersOf(file).map(node => ({ file, node })));
    let notches = 0;
    fc.assert(
      fc.property(fc.constantFrom(...places), ({ file, node }) => {
        const effect = effectAt(file, node);
        if (!effect) return;
        expect(effect.here).toEqual(expectedFigures(file.text, node.start));
        const errors = (text: string) => {
          const { file: read, problems } = analyze(text);
          return [...problems, ...runChecks(read)].filter(({ severity }) => severity === 'error').length;
        };
        for (const notch of [effect.down, effect.up]) {
          if (!notch) continue;
          notches++;
          const edited = applyEdits(file.text, [{ start: node.start, end: node.end, newText: String(notch.value) }]);
          expect(notch.figures).toEqual(expectedFigures(edited, node.start));
          // Copies elsewhere in the file may break: what is promised is said of this model.
          if (file.file.models.length === 1) expect(errors(edited)).toBeLessThanOrEqual(errors(file.text));
        }
        expect(effect.down?.value ?? Number.NEGATIVE_INFINITY).toBeLessThan(node.value);
        expect(effect.up?.value ?? Number.POSITIVE_INFINITY).toBeGreaterThan(node.value);
      }),
      { numRuns: 150 },
    );
    expect(notches).toBeGreaterThan(100);
  });

  test('is there for nearly every number of the gallery', () => {
    const all = galleryFiles.flatMap(text => {
      const file = analysed(text);
      return numbersOf(file).map(node => effectAt(file, node));
    });
    const silent = all.filter(effect => !effect?.down && !effect?.up).length;
    expect(silent / all.length).toBeLessThan(0.02);
  }, 60_000);
});

test('the pieces of a model add up to its costs', () => {
  for (const spec of files.flatMap(({ file }) => file.models.flatMap(model => model.spec ?? []))) {
    const costs = costsOf(spec);
    const sum = sumOfPieces([...piecesOf(spec).values()]);
    expect([spec.name, sum.elements, sum.active, sum.cacheElements]).toEqual([
      spec.name,
      costs.total,
      costs.active,
      costs.cacheElements,
    ]);
    expect(sum.flopsPerToken / costs.forwardFlopsPerToken).toBeCloseTo(1, 12);
  }
});

describe('the next value', () => {
  const values = (text: string): readonly (number | undefined)[] => {
    const { offset, ...file } = cursor(text);
    const node = placeAt(file, offset).path.at(-1);
    const effect = node?.kind === 'number' ? effectAt(file, node) : undefined;
    const value = (notch: Notch | undefined) => notch?.value;
    return [value(effect?.down), value(effect?.up)];
  };

  it('of heads divides', () => {
    expect(values(inLayer('attention gqa { heads = $08 }'))).toEqual([4, 16]);
    expect(values(inLayer('attention gqa { heads = 8  kv_heads = $04 }'))).toEqual([2, 8]);
    expect(values(inLayer('attention gqa { heads = 12  head_dim = 64  kv_heads = $04 }'))).toEqual([3, 6]);
  });

  it('of widths fills whole tiles', () => {
    expect(values(inLayer('ffn swiglu { width = 10$000 }'))).toEqual([960, 1024]);
    expect(values(inLayer('ffn swiglu { width = 6$04 }'))).toEqual([56, 72]);
    expect(values(inLayer('attention mla { heads = 4  rope_dim = 1$06 }'))).toEqual([14, 18]);
  });

  it('of lengths is twice or half, or round where they are round', () => {
    expect(values(inModel('  layers = block').replace('context = 512', 'context = 51$02'))).toEqual([256, 1024]);
    expect(values(`${inModel('  layers = block')}train {\n  steps = 20$000\n}`)).toEqual([1000, 5000]);
  });

  it('in a pattern or in arithmetic is one away', () => {
    expect(values(inModel('  layers = block * $01'))).toEqual([undefined, 2]);
    expect(values(inLayer('ffn swiglu { width = $04 * hidden }'))).toEqual([3, 5]);
  });

  it('is not looked for in a list, and not where the model is broken', () => {
    expect(values(`${inModel('  layers = block')}train {\n  optimizer adamw { betas = [$00.9, 0.95] }\n}`)).toEqual([
      undefined,
      undefined,
    ]);
    expect(values(inLayer('ffn swiglu { width = 51$02  wdith = 3 }'))).toEqual([undefined, undefined]);
  });
});
