import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { modelMessage } from '../../../src/extension/model-message';
import { analyze } from '../../../src/language/analysis/analyze';
import { architectureView } from '../../../src/language/features/architecture-view';
import { type ModelMessage, toModelPanelSchema } from '../../../src/protocol/model-panel';
import { drawArchitecture } from '../../../webview/model/architecture-drawing';
import { compareModels } from '../../../webview/model/differences';
import { type Box, partShapes, type Shape } from '../../../webview/model/scene';
import { unfold } from '../../../webview/model/stack-column';
import { cut, flow, type Measure, wrap } from '../../../webview/model/text-fit';
import { drawTreemap } from '../../../webview/model/treemap-drawing';
import type { Theme } from '../../../webview/shared/theme';

const gallery = join(import.meta.dirname, '..', '..', '..', 'gallery');
const theme: Theme = {
  background: '#1f1f1f',
  foreground: '#cccccc',
  muted: '#9d9d9d',
  grid: '#333333',
  fontFamily: 'sans-serif',
  colors: [
    '#0000ff',
    '#ffaa00',
    '#aa00aa',
    '#00aa00',
    '#ff0000',
    '#ffff00',
    '#00aaaa',
    '#ff88cc',
    '#888888',
    '#aa8800',
  ],
  highContrast: false,
  traceOpacity: 0.28,
};
const measure: Measure = (text, size, bold = false) => text.length * size * (bold ? 0.62 : 0.56);

function messagesOf(text: string): readonly ModelMessage[] {
  return analyze(text).file.models.flatMap(model => {
    const view = architectureView(model);
    if (!view) return [];
    const reference = { uri: 'file:///model.supra', model: view.name };
    return [modelMessage(view, { reference, source: 'model.supra', placeOf: ({ start }) => start })];
  });
}
const first = (text: string): ModelMessage => {
  const [message] = messagesOf(text);
  if (!message) throw new Error(`Expected a model in: ${text}`);
  return message;
};
const shapesOf = (shapes: readonly Shape[]): readonly Shape[] =>
  shapes.flatMap(shape => (shape.kind === 'part' || shape.kind === 'moved' ? shapesOf(shape.shapes) : [shape]));

describe.each(readdirSync(gallery).filter(file => file.endsWith('.supra')))('%s', file => {
  const messages = messagesOf(readFileSync(join(gallery, file), 'utf8'));

  test('is a message that the border allows', () => {
    for (const model of messages) {
      const result = v.safeParse(toModelPanelSchema, { type: 'show', model, other: null, reason: '', choices: [] });
      expect(result.issues ?? []).toEqual([]);
      expect(unfold(model.stack).length).toBe(model.layerCount);
    }
  });

  test.each([396, 640, 1200])('is drawn without overlap, inside of %i pixels', width => {
    for (const model of messages) {
      const scene = drawArchitecture({ model, theme, measure, marks: new Map() }, width, true);
      for (const shape of shapesOf(scene.shapes)) {
        if (shape.kind !== 'text') continue;
        const [x, words] = [shape.x, measure(shape.text, shape.size, shape.bold)];
        const left = shape.anchor === 'end' ? x - words : shape.anchor === 'middle' ? x - words / 2 : x;
        expect([shape.text, left >= -0.5 && left + words <= width + 0.5]).toEqual([shape.text, true]);
        expect(shape.y).toBeLessThanOrEqual(scene.height);
      }
      const parts = partShapes(scene.shapes);
      expect(new Set(parts.map(({ id }) => id)).size).toBe(parts.length);
      const holds = (outer: Box, inner: Box) =>
        outer.x <= inner.x && outer.y <= inner.y && outer.x + outer.width >= inner.x + inner.width;
      for (const [index, { id, box }] of parts.entries()) {
        for (const other of parts.slice(0, index)) {
          const across = Math.min(box.x + box.width, other.box.x + other.box.width) - Math.max(box.x, other.box.x);
          const down = Math.min(box.y + box.height, other.box.y + other.box.height) - Math.max(box.y, other.box.y);
          // A chip lies inside of its block.
          const isFree = Math.min(across, down) <= 0 || holds(other.box, box);
          expect([id, other.id, isFree]).toEqual([id, other.id, true]);
        }
      }
    }
  });

  test('every tensor has its area', () => {
    for (const model of messages) {
      const scene = drawTreemap({ model, theme, measure, marks: new Map() }, 'total', 2400, 1600);
      const { total } = model.costs;
      const area = partShapes(scene.shapes).reduce((sum, { box }) => sum + box.width * box.height, 0);
      expect(total).toBeGreaterThan(0);
      expect(area / (2400 * 1600)).toBeGreaterThan(0.75);
    }
  });
});

const small = (change: string, pattern = 'a * 4') => `model m {
  vocab = 1000
  hidden = 64
  layer a {
    norm rms
    attention gqa { heads = 4 }
    ffn ${change}
  }
  layer b from a { attention { window = 64 } }
  layers = ${pattern}
}`;

test('two models that say the same do not differ', () => {
  const { differences, left, right } = compareModels(first(small('swiglu')), first(small('swiglu')));
  expect([differences, left.size, right.size]).toEqual([[], 0, 0]);
});

test('what differs is told once, and marked on both sides', () => {
  const { differences, left, right } = compareModels(first(small('swiglu { width = 128 }')), first(small('swiglu')));
  expect(differences).toEqual([{ part: 'a ffn', setting: 'width', left: '128', right: '256' }]);
  expect([...left.keys()]).toEqual(['layer a / ffn']);
  expect([...right.keys()]).toEqual(['layer a / ffn']);
  const other = compareModels(first(small('swiglu')), first(small('geglu')));
  expect(other.differences).toEqual([{ part: 'a ffn', setting: '', left: 'swiglu', right: 'geglu' }]);
});

test('a layer that the other lacks is told as a whole', () => {
  const { differences, left } = compareModels(first(small('swiglu', '(a, b) * 2')), first(small('swiglu')));
  expect(differences.map(({ part, setting }) => `${part} ${setting}`)).toEqual([' layers', 'layer b ']);
  expect([...left.keys()]).toEqual(['model', 'layer b']);
});

test.each([360, 640])('what differs inside of a block is told at %i pixels, and nothing else is marked', width => {
  const tinyOf = (file: string) =>
    messagesOf(readFileSync(join(gallery, `${file}.supra`), 'utf8')).at(-1) as ModelMessage;
  const model = tinyOf('deepseek-v3');
  const { left } = compareModels(model, tinyOf('kimi-k2'));
  const { shapes } = drawArchitecture({ model, theme, measure, marks: left }, width, true);
  const chip = partShapes(shapes).find(({ id }) => id === 'layer dense / attention / scaling');
  const told = shapesOf(chip?.shapes ?? []).flatMap(shape =>
    shape.kind === 'text' && shape.text !== '·' ? [shape.text] : [],
  );
  expect(left.get('layer dense / attention / scaling')).toEqual(new Set(['beta_fast']));
  expect(told.filter(words => words.startsWith('≠'))).toEqual(['≠ beta fast 32']);
  expect(told[0]).toBe('scaling yarn');
});

test('a title goes over two lines, between its words, before it is cut', () => {
  expect(wrap('token embedding', 200, 10, measure)).toEqual(['token embedding']);
  expect(wrap('token embedding', 60, 10, measure)).toEqual(['token', 'embedding']);
  const [first, second] = wrap('a feed-forward layer of experts', 80, 10, measure);
  expect([first, second?.endsWith('…')]).toEqual(['a feed-forward', true]);
  expect(wrap('recurrence', 30, 10, measure)).toEqual([cut('recurrence', 30, 10, measure)]);
});

test('text is cut to its room, and flows over lines', () => {
  expect(cut('attention', 200, 10, measure)).toBe('attention');
  const short = cut('grouped-query attention', 60, 10, measure);
  expect(short.endsWith('…') && measure(short, 10) <= 60).toBe(true);
  expect(cut('word', 2, 10, measure)).toBe('');
  expect(flow([40, 40, 40, 200], 100, 10)).toEqual([
    { x: 0, line: 0 },
    { x: 50, line: 0 },
    { x: 0, line: 1 },
    { x: 0, line: 2 },
  ]);
});
