import { formatCount, formatInteger } from '../../src/base/format';
import type { FoldMessage, LayerMessage, PartMessage } from '../../src/protocol/model-panel';
import { withAlpha } from '../shared/color';
import { edge, mixingColor, mixingOf, roleColor, roleOf, tint } from './palette';
import { differenceSign } from './part-block';
import { partId } from './parts';
import { detailsOf, drawWords, isMarked, type Pen, shareOf, shareWords, spoken, textSize } from './pen';
import { arrowHead, type Box, type PartShape, path, rect, type Shape, text } from './scene';
import { cut, wrap } from './text-fit';

const gap = 14;
const layerHeight = 38;
const groupPadding = 9;
const badgeHeight = 18;

/** The whole model from token to score, its repeats folded. */
export interface StackColumn {
  readonly shapes: readonly Shape[];
  readonly height: number;
  /** Where the first layer of each kind is drawn. */
  readonly anchors: ReadonlyMap<string, Box>;
}

export function drawStack(pen: Pen, x: number, y: number, width: number): StackColumn {
  const { model, theme } = pen;
  const anchors = new Map<string, Box>();
  const shapes: Shape[] = [];
  const middle = x + width / 2;
  const ink = withAlpha(theme.foreground, theme.highContrast ? 1 : 0.55);
  const caption = (words: string, baseline: number) =>
    text(middle, baseline, words, { fill: theme.muted, size: textSize.body, anchor: 'middle' });
  const arrow = (from: number) => {
    shapes.push(
      path(`M${middle} ${from + 2}V${from + gap - 3}`, { stroke: ink, strokeWidth: 1.5 }),
      arrowHead(middle, from + gap - 1, 'down', ink),
    );
    return from + gap;
  };

  let top = y + 14;
  shapes.push(caption('tokens', top - 3));
  for (const part of model.before) {
    top = arrow(top);
    const outside = drawOutside(pen, part, x, top, width);
    shapes.push(outside);
    top += outside.box.height;
  }
  const items = (folds: readonly FoldMessage[], left: number, right: number): void => {
    for (const fold of folds) {
      top = arrow(top);
      if (fold.kind === 'layer') {
        const layer = model.layers.find(({ name }) => name === fold.name);
        if (layer === undefined) continue;
        const box = { x: left, y: top, width: right - left, height: layerHeight };
        if (!anchors.has(fold.name)) anchors.set(fold.name, box);
        shapes.push(...drawRun(pen, layer, fold, box));
        top += layerHeight + (fold.times > 1 ? 4 : 0);
        continue;
      }
      const begin = top;
      const at = shapes.length;
      top += badgeHeight - 8;
      items(fold.items, left + groupPadding, right - groupPadding);
      top += groupPadding;
      shapes.splice(at, 0, ...drawGroup(pen, fold, { x: left, y: begin, width: right - left, height: top - begin }));
    }
  };
  items(model.stack, x, x + width);
  for (const part of model.behind) {
    top = arrow(top);
    const outside = drawOutside(pen, part, x, top, width);
    shapes.push(outside);
    top += outside.box.height;
  }
  top = arrow(top);
  const scores = 'scores of the next token';
  shapes.push(caption(pen.measure(scores, textSize.body) <= width ? scores : 'scores', top + 11));
  top += 16;
  if (model.modules.length > 0) {
    const modules = drawModules(pen, x, top + 10, width);
    shapes.push(...modules.shapes);
    top += 10 + modules.height;
  }
  return { shapes, height: top - y, anchors };
}

/** The multi-token prediction modules, apart from the model: they serve training only. */
function drawModules(pen: Pen, x: number, y: number, width: number): { shapes: readonly Shape[]; height: number } {
  const { model, theme } = pen;
  const line = withAlpha(theme.foreground, theme.highContrast ? 1 : 0.4);
  let top = y;
  const shapes = model.modules.map(({ layer, total, active, place }, index): Shape => {
    const ahead = `${index + 2} tokens ahead`;
    const title = drawTitle(pen, 'Prediction module', x, top, width);
    const words = [layer, ahead, formatCount(total), 'training only'].map(text => ({ text }));
    const told = drawWords(pen, words, { x: x + 10, y: top + title.height + 15, room: width - 20 });
    const box = { x, y: top, width, height: title.height + told.height + 7 };
    top += box.height + 6;
    return {
      kind: 'part',
      id: `module ${index}`,
      label: `prediction module ${index + 1}: guesses ${ahead} with a layer ${layer}, ${formatInteger(total)} parameters, for training only`,
      place,
      box,
      radius: 6,
      details: {
        title: `Prediction module ${index + 1}`,
        rows: [
          ['guesses', ahead],
          ['parameters, beside the total', formatInteger(total)],
          ...(active === total ? [] : [['active per token', formatInteger(active)] as const]),
          ['made of', `the layer ${layer}, a projection and three norms`],
        ],
        settings: [],
      },
      shapes: [
        rect(x, box.y, width, box.height, { radius: 6, stroke: line, dash: [4, 3], fill: theme.background }),
        ...title.shapes,
        ...told.shapes,
      ],
    };
  });
  return { shapes, height: top - y - 6 };
}

/** The name of a part of the stack, over two lines where it must; `height` is down to its last baseline. */
function drawTitle({ theme, measure }: Pen, title: string, x: number, y: number, width: number) {
  const size = textSize.body;
  const lines = wrap(title, width - 20, size, measure, { bold: true });
  const shapes = lines.map((words, index) =>
    text(x + 10, y + 16 + index * titleLine, words, { fill: theme.foreground, size, bold: true }),
  );
  return { shapes, height: 16 + (lines.length - 1) * titleLine };
}
const titleLine = 14;

/** Embedding, final norm, head. */
function drawOutside(pen: Pen, part: PartMessage, x: number, y: number, width: number): PartShape {
  const { theme, measure } = pen;
  const id = partId(null, part.word);
  const color = roleColor(theme, roleOf(part));
  const differs = isMarked(pen, id);
  const tied = part.tensors.length > 0 && part.total === 0;
  const size = tied ? 'tied: the embedding again' : `${formatCount(part.total)} · ${shareWords(shareOf(pen, part, 1))}`;
  const title = drawTitle(pen, part.title, x, y, width);
  const height = title.height + 22;
  return {
    kind: 'part',
    id,
    label: spoken(pen, id, part.word.replaceAll('_', ' '), part, 1),
    place: part.place,
    box: { x, y, width, height },
    radius: 6,
    details: detailsOf(pen, id, part, 1),
    shapes: [
      rect(x, y, width, height, {
        radius: 6,
        fill: tint(theme, color),
        stroke: edge(theme, color),
      }),
      ...title.shapes,
      text(x + 10, y + title.height + 15, cut(size, width - 20, textSize.body, measure), {
        fill: theme.muted,
        size: textSize.body,
      }),
      ...(differs ? differenceSign(pen, x + width, y) : []),
    ],
  };
}

/** Layers of one kind in a row: one plate, or a pile of them. */
function drawRun(
  pen: Pen,
  layer: LayerMessage,
  { times, start }: Extract<FoldMessage, { kind: 'layer' }>,
  { x, y, width, height }: Box,
): readonly Shape[] {
  const { theme, measure, model } = pen;
  const line = withAlpha(theme.foreground, theme.highContrast ? 1 : 0.4);
  const plate = (shift: number) =>
    rect(x + shift, y + shift, width - 2 * shift, height, {
      radius: 6,
      fill: theme.background,
      stroke: withAlpha(line, 1 - shift / 8),
    });
  const count = times === 1 ? '' : `× ${times}`;
  const countWidth = measure(count, textSize.title, true);
  const where = times === 1 ? `layer ${start + 1}` : `layers ${start + 1} to ${start + times}`;
  const bar = stripes(pen, layer, { x: x + 10, y: y + height - 11, width: width - 20, height: 4 });
  return [
    ...(times > 2 ? [plate(4)] : []),
    ...(times > 1 ? [plate(2)] : []),
    {
      kind: 'part',
      id: `stack ${start} ${layer.name}`,
      label: `${layer.name}, ${times === 1 ? 'once' : `${times} times`}, from ${where} of ${model.layerCount}`,
      place: layer.place,
      box: { x, y, width, height },
      radius: 6,
      details: {
        title: `layer ${layer.name}`,
        rows: [
          ['first of them', where],
          ['parameters each', formatInteger(layer.total)],
          ['all of this kind', `${layer.uses}, ${shareWords(shareOf(pen, layer, layer.uses))} of the model`],
        ],
        settings: [],
      },
      shapes: [
        plate(0),
        text(x + 10, y + 19, cut(layer.name, width - 28 - countWidth, textSize.title, measure, true), {
          fill: theme.foreground,
          size: textSize.title,
          bold: true,
        }),
        text(x + width - 10, y + 19, count, {
          fill: theme.foreground,
          size: textSize.title,
          bold: true,
          anchor: 'end',
        }),
        ...bar,
      ],
    },
  ];
}

/** What a layer is made of, by its parameters; a window is lighter. */
function stripes({ theme }: Pen, layer: LayerMessage, box: Box): readonly Shape[] {
  const bodies = layer.branches.map(({ body }) => body);
  const total = bodies.reduce((sum, body) => sum + body.total, 0);
  let left = box.x;
  return bodies.map((body, index) => {
    const width = total === 0 ? 0 : (body.total / total) * (box.width - (bodies.length - 1) * 2);
    const shape = rect(left, box.y, Math.max(width, 2), box.height, {
      fill: body === mixingOf(layer) ? mixingColor(theme, body) : roleColor(theme, roleOf(body)),
      radius: 1,
    });
    left += width + (index < bodies.length - 1 ? 2 : 0);
    return shape;
  });
}

function drawGroup(
  { theme, measure }: Pen,
  { times }: Extract<FoldMessage, { kind: 'group' }>,
  { x, y, width, height }: Box,
): readonly Shape[] {
  const words = `× ${times}`;
  const badge = measure(words, textSize.title, true) + 14;
  const line = withAlpha(theme.foreground, theme.highContrast ? 1 : 0.4);
  return [
    rect(x, y, width, height, { radius: 8, stroke: line, dash: [4, 3], fill: withAlpha(theme.foreground, 0.03) }),
    rect(x + width - badge - 8, y - badgeHeight / 2, badge, badgeHeight, {
      radius: badgeHeight / 2,
      fill: theme.background,
      stroke: line,
    }),
    text(x + width - badge / 2 - 8, y + 4.5, words, {
      fill: theme.foreground,
      size: textSize.title,
      bold: true,
      anchor: 'middle',
    }),
  ];
}

/** Every layer of the stack as one cell of a strip: how the kinds alternate. */
export function drawStrip({ model, theme }: Pen, box: Box): readonly Shape[] {
  const layers = new Map(model.layers.map(layer => [layer.name, layer]));
  const names = unfold(model.stack);
  const step = box.width / Math.max(1, names.length);
  const space = step > 6 ? 2 : step > 3 ? 1 : 0;
  return names.flatMap((name, index) => {
    const layer = layers.get(name);
    if (layer === undefined) return [];
    const mixing = mixingOf(layer);
    const rest = layer.branches.map(({ body }) => body).filter(body => body !== mixing);
    const [x, width] = [box.x + index * step, Math.max(step - space, 0.5)];
    // Above what mixes tokens, below what works on each alone: a layer may lack one of them.
    const bodies = [...(mixing ? [mixing] : []), ...rest];
    const height = (box.height - (bodies.length - 1)) / Math.max(1, bodies.length);
    return bodies.map((body, row) =>
      rect(x, box.y + row * (height + 1), width, height, {
        fill: body === mixing ? mixingColor(theme, body) : roleColor(theme, roleOf(body)),
        radius: Math.min(1.5, width / 3),
      }),
    );
  });
}

/** The names of all layers in order. */
export const unfold = (folds: readonly FoldMessage[]): readonly string[] =>
  folds.flatMap(fold => {
    const once = fold.kind === 'layer' ? [fold.name] : unfold(fold.items);
    return Array.from({ length: fold.times }, () => once).flat();
  });
