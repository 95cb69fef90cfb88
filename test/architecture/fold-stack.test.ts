import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Fold, foldStack, foldText } from '../../src/architecture/fold-stack';

const spread = (...parts: readonly (readonly [name: string, times: number])[]): string[] =>
  parts.flatMap(([name, times]) => Array.from({ length: times }, () => name));

const unfold = (folds: readonly Fold[]): string[] =>
  folds.flatMap(fold =>
    Array.from({ length: fold.times }, () => (fold.kind === 'layer' ? [fold.name] : unfold(fold.items))).flat(),
  );

test('patterns are found as people write them', () => {
  const text = (stack: readonly string[]) => foldText(foldStack(stack));
  expect(text([])).toBe('');
  expect(text(['a'])).toBe('a');
  expect(text(spread(['a', 12]))).toBe('a * 12');
  const gemma = Array.from({ length: 26 }, (_, index) => ((index + 1) % 6 === 0 ? 'global' : 'local'));
  expect(text(gemma)).toBe('(local * 5, global) * 4, local * 2');
  // MiMo-V2-Flash: full layers 0, 5, 11, 17, …, 47, the first of them dense.
  const mimo = Array.from({ length: 48 }, (_, index) =>
    index === 0 ? 'dense' : (index + 1) % 6 === 0 ? 'full' : 'window',
  );
  expect(text(mimo)).toBe('dense, window * 4, full, (window * 5, full) * 7');
  // Nemotron 3 Nano.
  const nemotron = [...'MEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEM*EMEMEMEM*EMEMEMEME'];
  const said = foldStack(nemotron);
  expect(unfold(said)).toEqual(nemotron);
  expect(foldText(said).length).toBeLessThan(60);
});

test('every fold says its stack, from where it says it starts', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 60 }), stack => {
      const folds = foldStack(stack);
      expect(unfold(folds)).toEqual(stack);
      let index = 0;
      for (const fold of folds) {
        expect(fold.start).toBe(index);
        index += unfold([fold]).length;
      }
    }),
    { numRuns: 60 },
  );
});

test('a long stack without a pattern is folded run by run', () => {
  const stack = Array.from({ length: 700 }, (_, index) =>
    Math.floor(index / (1 + (index % 7))) % 2 === 0 ? 'a' : 'b',
  );
  expect(unfold(foldStack(stack))).toEqual(stack);
});
