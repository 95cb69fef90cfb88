import { expect, it } from 'vitest';
import { costsOf } from '../../../src/architecture/costs';
import { formatInteger } from '../../../src/base/format';
import { analyze } from '../../../src/language/analysis/analyze';
import { hover } from '../../../src/language/features/hover';
import { cursor, inModel } from './cursor';

const inStack = (body: string): string =>
  inModel(`  layer other {\n    norm rms\n    ${body}\n    ffn swiglu { width = 512 }\n  }\n  layers = other * 3`);

const shown = (text: string): string => {
  const { offset, ...file } = cursor(text);
  return hover(file, offset)?.markdown ?? '';
};
const total = (text: string): number => {
  const spec = analyze(text).file.models[0]?.spec;
  if (spec === undefined || spec === null) throw new Error('Expected a sound model.');
  return costsOf(spec).total;
};
const nothing = 'No size, cost or memory depends on it.';
const signed = (change: number): string => `${change < 0 ? '−' : '+'}${formatInteger(Math.abs(change))}`;

it('says what a width contributes and what its neighbours would change', () => {
  const text = inStack('attention gqa { heads = 8 }').replace('width = 512', 'width = $0512');
  const markdown = shown(text);
  expect(markdown).toContain('Bears on 1,179,648 parameters (29%), 26% of the FLOPs.');
  expect(markdown).toContain('| | 448 | **512** | 576 |');
  expect(markdown).toMatch(/\| parameters \| −147,456 \(−[\d.]+%\) \| [\d,]+ \| \+147,456 \(\+[\d.]+%\) \|/);
  expect(markdown).toContain('FLOP per token');
  expect(markdown).not.toContain('KV cache');
});

it('goes to the next value that the file accepts', () => {
  // 4 or 16 heads of the same hidden size cost the same.
  expect(shown(inStack('attention gqa { heads = $08 }'))).toBe(nothing);
  const markdown = shown(inStack('attention gqa { heads = 8  kv_heads = $02 }'));
  expect(markdown).toContain('| | 1 | **2** | 4 |');
  expect(markdown).toContain('KV cache at 512 tokens');
});

it.each([
  ['vocab', inModel('  layers = block * 3'), /vocab\s*=\s*8192/, '8192'],
  ['hidden', inModel('  layers = block * 3'), /hidden\s*=\s*256/, '256'],
  ['layers', inModel('  layers = block * 3'), /block \* 3/, '3'],
])('states the parameters that the edited text really has: %s', (_, text, where, number) => {
  const match = where.exec(text);
  if (match === null) throw new Error('Expected the setting in the text.');
  const at = match.index + match[0].length - number.length;
  const markdown = shown(`${text.slice(0, at)}$0${text.slice(at)}`);
  const [, smaller = '', , larger = ''] = /\| \| ([\d,]*) \| \*\*([\d,]+)\*\* \| ([\d,]*) \|/.exec(markdown) ?? [];
  for (const neighbour of [smaller, larger]) {
    const edited = `${text.slice(0, at)}${neighbour.replaceAll(',', '')}${text.slice(at + number.length)}`;
    expect(markdown).toContain(`${signed(total(edited) - total(text))} (`);
  }
});

it('says what a run would need with other numbers, and says so where no cost depends on one', () => {
  const run = `${inModel('  layers = block * 3')}\ntrain {\n  batch = $016\n  steps = 1000\n}\n`;
  expect(shown(run)).toMatch(/\| tokens \| −[\d,]+ \(−[\d.]+%\) \| 8,192,000 \| \+/);
  expect(shown(inStack('attention gqa { heads = 8 }\n    position rope { theta = $0500 }'))).toBe(nothing);
});

const budgeted = `model base {
  budget = 3M
  vocab = 4096
  hidden = 192
  layer block {
    norm rms
    attention gqa { heads = 6  head_dim = 32 }
    ffn swiglu { width = auto }
  }
  layers = block * 6
}
`;

it('shows what the budget makes of auto then', () => {
  expect(shown(budgeted.replace('hidden = 192', 'hidden = 19$02'))).toMatch(/\| `auto` \| \d+ \| \d+ \| \d+ \|/);
});
