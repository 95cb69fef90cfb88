import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { analyze } from '../../../src/language/analysis/analyze';
import { writeModel } from '../../../src/language/writing/write-model';
import { writePattern } from '../../../src/language/writing/write-pattern';
import { sampleSpecs } from '../../support/sample-specs';
import { specOf } from '../../support/written-specs';

/** Lays out a pattern by the resolver. */
function layOut(pattern: string): readonly string[] {
  const layers = 'abc'.split('').map(name => `layer ${name} { attention gqa { heads = 1 } }`);
  const { file } = analyze(`model m {\n vocab = 9\n hidden = 8\n ${layers.join('\n ')}\n layers = ${pattern}\n}`);
  return file.models[0]?.spec?.stack ?? [];
}

describe('patterns', () => {
  test.each([
    ['a', 'a'],
    ['aaaa', 'a * 4'],
    ['aabaabaab', '(a * 2, b) * 3'],
    ['aaaaabaaaaabaaaaabaaaaabaa', '(a * 5, b) * 4, a * 2'],
    ['abababab', '(a, b) * 4'],
    ['abbb', 'a, b * 3'],
    ['abc', 'a, b, c'],
  ])('%s is written %s', (stack, expected) => {
    expect(writePattern([...stack])).toBe(expected);
  });

  test('every stack is laid out again as it was', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 30 }), stack => {
        expect(layOut(writePattern(stack))).toEqual(stack);
      }),
      { numRuns: 60 },
    );
  });

  test('a long stack is written run by run', () => {
    expect(writePattern(Array.from({ length: 400 }, (_, index) => (index < 399 ? 'a' : 'b')))).toBe('a * 399, b');
  });
});

describe('models', () => {
  test.each(Object.entries(sampleSpecs))('%s reads back as it was', (_name, spec) => {
    expect(specOf(writeModel(spec))).toEqual(spec);
  });

  test('layers that differ are copied, numbers are written as people do', () => {
    const text = `# Two kinds of layers.
model pair {
  vocab   = 4096
  context = 64Ki
  hidden  = 512
  tied    = false

  embedding token { scale = sqrt(hidden) }

  layer local {
    norm rms { epsilon = 1e-6 }
    attention gqa { heads = 8  window = 4096  scale = 1 / sqrt(168) }
    position rope { theta = 500k  fraction = 25% }
    ffn swiglu
  }
  layer global from local {
    attention { window = none }
    position { theta = 1M  scaling yarn { factor = 8  original = 8192 } }
  }
  layers = (local * 3, global) * 2
  head linear { softcap = 30 }
}
`;
    expect(writeModel(specOf(text), ['Two kinds of layers.'])).toBe(text);
  });
});
