import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { costsOf } from '../../../src/architecture/costs';
import { analyze } from '../../../src/language/analysis/analyze';
import { runChecks } from '../../../src/language/analysis/checks/run-checks';
import { format } from '../../../src/language/syntax/printer';

/** A model with one number left out, and the sensible values of that number. */
interface Puzzle {
  readonly text: (value: string) => string;
  readonly step: number;
}

const shell = (head: string, layer: string, layers: string): string =>
  `model m {\n  context = 128\n  ${head}\n  layer block {\n    norm rms\n    ${layer}\n  }\n  layers = ${layers}\n}\n`;

const puzzles: Readonly<Record<string, (heads: number, budget: number) => Puzzle>> = {
  hidden: (heads, budget) => ({
    step: 8,
    text: value =>
      shell(
        `budget = ${budget}\n  vocab = 1024\n  hidden = ${value}`,
        `attention gqa { heads = ${heads} }\n    ffn swiglu`,
        'block * 4',
      ),
  }),
  layers: (heads, budget) => ({
    step: 1,
    text: value =>
      shell(
        `budget = ${budget}\n  vocab = 512\n  hidden = ${16 * heads}`,
        `attention gqa { heads = ${heads} }\n    ffn swiglu`,
        `block * ${value}`,
      ),
  }),
  width: (heads, budget) => ({
    step: 8,
    text: value =>
      shell(
        `budget = ${budget}\n  vocab = 512\n  hidden = ${16 * heads}`,
        `attention gqa { heads = ${heads} }\n    ffn mlp { width = ${value} }`,
        'block * 3',
      ),
  }),
  vocab: (heads, budget) => ({
    step: 64,
    text: value =>
      shell(
        `budget = ${budget}\n  vocab = ${value}\n  hidden = ${16 * heads}\n  tied = false`,
        `attention gqa { heads = ${heads} }\n    ffn geglu`,
        'block * 2',
      ),
  }),
  experts: (heads, budget) => ({
    step: 1,
    text: value =>
      shell(
        `budget = ${budget}\n  vocab = 512\n  hidden = 64`,
        `attention gqa { heads = 4 }\n    ffn moe { experts = ${value}  width = 64  router sigmoid { groups = ${heads}  top_groups = 1 } }`,
        'block * 2',
      ),
  }),
  heads: (heads, budget) => ({
    step: 1,
    text: value =>
      shell(
        `budget = ${budget}\n  vocab = 512\n  hidden = 96`,
        `attention gqa { heads = ${value}  kv_heads = ${heads}  head_dim = 16 }\n    ffn swiglu`,
        'block * 4',
      ),
  }),
  inside: (heads, budget) => ({
    step: 1,
    text: value =>
      shell(
        `budget = ${budget}\n  vocab = 1024\n  hidden = ${2 * heads} * ${value}`,
        `attention gqa { heads = ${heads} }\n    ffn swiglu`,
        'block * 4',
      ),
  }),
};

/** The size of a model; undefined where something is wrong with it. */
function sizeOf(text: string): number | undefined {
  const { file, problems } = analyze(text);
  const spec = file.models[0]?.spec;
  const errors = [...problems, ...runChecks(file)].filter(({ severity }) => severity === 'error');
  return spec === undefined || errors.length > 0 ? undefined : costsOf(spec).total;
}

describe('a budget', () => {
  it.each(Object.entries(puzzles))(
    'decides %s: no neighbour is nearer, and a smaller one not as near',
    (_name, make) => {
      let solvedOnes = 0;
      const cases = fc.record({
        heads: fc.integer({ min: 2, max: 12 }),
        budget: fc.integer({ min: 300_000, max: 4e6 }),
      });
      fc.assert(
        fc.property(cases, ({ heads, budget }) => {
          const puzzle = make(heads, budget);
          const { file, problems } = analyze(puzzle.text('auto'));
          const solved = file.models[0]?.solved;
          if (solved === undefined || problems.length > 0) return;
          solvedOnes++;
          const { value, total } = solved.best;
          expect(total).toBe(costsOf(file.models[0]?.spec ?? expect.fail()).total);
          // What is written out means the same.
          expect(sizeOf(puzzle.text(String(value)))).toBe(total);
          const miss = Math.abs(total - budget);
          for (let away = 1; away <= 26; away++) {
            const smaller = sizeOf(puzzle.text(String(value - away * puzzle.step)));
            const larger = sizeOf(puzzle.text(String(value + away * puzzle.step)));
            if (smaller !== undefined && value > away * puzzle.step)
              expect(Math.abs(smaller - budget)).toBeGreaterThan(miss);
            if (larger !== undefined) expect(Math.abs(larger - budget)).toBeGreaterThanOrEqual(miss);
          }
        }),
        { numRuns: 12 },
      );
      expect(solvedOnes).toBeGreaterThan(3);
    },
  );

  it('of two sizes that are equally near takes the smaller', () => {
    const puzzle = (budget: number) => puzzles.layers?.(4, budget).text('auto') ?? '';
    const [two, three] = [2, 3].map(layers => sizeOf(puzzles.layers?.(4, 1).text(String(layers)) ?? '') ?? 0);
    const middle = ((two ?? 0) + (three ?? 0)) / 2;
    const solvedFor = (budget: number) => analyze(puzzle(budget)).file.models[0]?.solved?.best.value;
    expect(Number.isInteger(middle)).toBe(true);
    expect([solvedFor(middle), solvedFor(middle + 1)]).toEqual([2, 3]);
  });

  it('comes out the same again, and formatting keeps auto', () => {
    const text = puzzles.hidden?.(8, 2_000_000).text('   auto') ?? '';
    const solved = () => analyze(text).file.models[0]?.solved?.best;
    expect(format(text)).toContain('hidden = auto\n');
    expect(analyze(format(text)).file.models[0]?.solved?.best).toEqual(solved());
  });

  it('is solved for each copy anew', () => {
    const text = `${puzzles.hidden?.(4, 2_000_000).text('auto')}model n from m { vocab = 8192 }\n`;
    const [first, second] = analyze(text).file.models;
    expect(second?.solved).toMatchObject({ name: 'hidden', own: false, budget: 2_000_000 });
    expect(second?.spec?.hidden).toBe(second?.solved?.best.value);
    expect(second?.spec?.hidden).toBeLessThan(first?.spec?.hidden ?? 0);
  });

  it('is decided by the text of the model alone: names stay where they are', () => {
    const text = `${puzzles.hidden?.(4, 2_000_000).text('auto')}model n from m { layer other from block { }  layers = block, other }\n`;
    const { file } = analyze(text);
    const uses = file.symbols.map(({ name, uses: all }) => [name, all.length]);
    expect(uses).toEqual([
      ['m', 1],
      ['block', 3],
      ['n', 0],
      ['other', 1],
    ]);
  });
});
