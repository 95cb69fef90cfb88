import { expect, it } from 'vitest';
import { hover } from '../../../src/language/features/hover';
import { cursor, inLayer, inModel } from './cursor';

/** What is shown, and the text that it is shown for. */
function shown(text: string): { readonly markdown: string; readonly on: string; readonly page: string | undefined } {
  const { offset, ...file } = cursor(text);
  const found = hover(file, offset);
  if (!found) return { markdown: '', on: '', page: undefined };
  return { markdown: found.markdown, on: file.text.slice(found.span.start, found.span.end), page: found.page };
}

it('explains a component with its paper, its settings and its tensors', () => {
  const { markdown, on, page } = shown(
    inModel('  layer other {\n    attention g$0qa { heads = 8  kv_heads = 2 }\n  }\n  layers = other * 3'),
  );
  expect(on).toBe('gqa');
  expect(page).toBe('reference/attention#gqa');
  expect(markdown).toContain('https://arxiv.org/abs/2305.13245');
  expect(markdown).toContain('163,840 parameters × 3 layers = 491,520');
  expect(markdown).toContain('| key | key 64 × hidden 256 | 16,384 |');
  expect(markdown).toContain('| head_dim | 32 | default: hidden / heads = 256 / 8 |');
  expect(markdown).toContain('| kv_heads | 2 | set here |');
});

it('counts a model exactly', () => {
  const { markdown } = shown(inModel('  layers = block * 3').replace('small', 'sm$0all'));
  // 8192 * 256 + 3 * (2 * 256 + 4 * 256 * 256 + 3 * 256 * 1024) + 256
  expect(markdown).toContain('**5,244,672**');
  expect(markdown).toContain('| block | 3 × 1,049,088 (60%) |');
});

it('counts a layer, where it is defined and where it is used', () => {
  const defined = shown(inModel('  layers = block * 3').replace('layer block', 'layer bl$0ock')).markdown;
  expect(defined).toContain('| one layer | **1,049,088** |');
  expect(shown(inModel('  layers = blo$0ck * 3')).markdown).toBe(defined);
});

it('says what a setting may be, what it is by default and what it is here', () => {
  const { markdown, on } = shown(inLayer('ffn swiglu { wi$0dth = 2 * hidden + 3 }'));
  expect(on).toBe('width');
  expect(markdown).toContain('number of dimensions (at least 1)');
  expect(markdown).toContain('Default: `4 * hidden`, here `4 * 256`.');
  expect(markdown).toContain('Here: `2 * hidden + 3 = 2 * 256 + 3 = 515`.');
});

it('works out arithmetic and units', () => {
  expect(shown(inLayer('ffn swiglu { width = 4 $0* hidden }'))).toMatchObject({
    markdown: '`4 * hidden = 4 * 256 = 1,024`',
    on: '4 * hidden',
  });
  expect(shown(inLayer('position rope { theta = 1$00k }')).markdown).toContain('`10k` = 10,000 (k: thousand)');
  expect(shown('data d {\n  holdout = $05%\n}\n').markdown).toBe('`5%` = 0.05 (%: hundredth)');
  expect(shown(inLayer('ffn swiglu { width = $0512 }')).markdown).not.toContain('`512`');
});

it('says what a name in arithmetic is', () => {
  const { markdown } = shown(inLayer('ffn swiglu { width = 4 * hid$0den }'));
  expect(markdown).toContain('**`hidden`** = 256 (set in model)');
});

it('explains a choice and none', () => {
  expect(shown(inLayer('norm rms { place = sand$0wich }')).markdown).toContain('before and after');
  expect(shown(inLayer('attention gqa { heads = 8  window = no$0ne }')).markdown).toContain(
    'every earlier token is visible',
  );
});

it('explains a silenced code', () => {
  const { markdown, page } = shown(inLayer('norm rms # supra-ignore deep-and-$0narrow'));
  expect(markdown).toContain('is not reported here');
  expect(page).toBe('checks/deep-and-narrow');
});

it('says nothing where nothing is known', () => {
  expect(shown('$0').markdown).toBe('');
  expect(shown(inLayer('nor$0b rms')).markdown).toBe('');
  expect(shown('# a com$0ment\n').markdown).toBe('');
});

it('sums a run up', () => {
  const { markdown } = shown(`${inModel('  layers = block * 3')}tra$0in {\n  steps = 100\n  batch = 4\n}\n`);
  expect(markdown).toContain('| tokens per step | 2,048 |');
  expect(markdown).toContain('| tokens | 204,800 |');
  expect(markdown).toContain('| accumulate | 1 | default |');
});

it('counts a model of the gallery where it is copied', () => {
  expect(shown('model mine from llama_$0tiny {\n}\n').markdown).toContain('**model** `llama_tiny` of the gallery');
});

it('says how many layers a pattern has', () => {
  expect(shown(inModel('  la$0yers = (block * 2, wide) * 4')).markdown).toContain('Here: 12 layers.');
});
