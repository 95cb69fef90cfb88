import { formatCount, formatFlops } from '../../src/base/format';
import type { CacheGrowth, InsideMessage, PartMessage } from '../../src/protocol/model-panel';
import { withAlpha } from '../shared/color';
import { edge, roleColor, roleOf, tint } from './palette';
import {
  cacheWords,
  detailsOf,
  differenceColor,
  drawWords,
  isMarked,
  isSettingMarked,
  lineHeight,
  type Pen,
  settingWords,
  shareOf,
  shareWords,
  spoken,
  telling,
  textSize,
  type Word,
} from './pen';
import { type Box, type PartShape, path, rect, type Shape, text } from './scene';
import { cut, wrap } from './text-fit';

const { title: titleSize, body: bodySize } = textSize;
const padding = 10;
const chipHeight = 20;
export const pillHeight = 22;

export interface BlockOptions {
  readonly id: string;
  readonly label: string;
  readonly part: PartMessage;
  readonly uses: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  /** Said instead of the number of parameters, where there are none of its own. */
  readonly note?: string;
}

export interface Drawn {
  readonly shapes: readonly Shape[];
  readonly height: number;
}

/** A component as a block: what it is, how it is set, what stands inside of it, what it costs. */
export function drawBlock(pen: Pen, { id, label, part, uses, x, y, width, note }: BlockOptions): Drawn {
  const { theme, measure } = pen;
  const color = roleColor(theme, roleOf(part));
  const left = x + padding + 2;
  const room = width - 2 * padding - 2;
  const shapes: Shape[] = [];
  let line = y + padding + 11;

  const size = part.total > 0 ? formatCount(part.total) : (note ?? '');
  const ways =
    part.total > 0 && part.active !== part.total ? [`${size}, ${formatCount(part.active)} active`, size] : [size];
  const beside = room - measure(part.title, titleSize, true) - 12;
  const count = ways.find(way => measure(way, bodySize) <= beside);
  for (const [index, words] of wrap(part.title, room, titleSize, measure, { bold: true }).entries()) {
    line += index * lineHeight;
    shapes.push(text(left, line, words, { fill: theme.foreground, size: titleSize, bold: true }));
  }
  if (count !== undefined)
    shapes.push(text(x + width - padding, line, count, { fill: theme.foreground, size: bodySize, anchor: 'end' }));

  const told = telling(part.settings);
  const marked = part.settings.filter(({ name }) => isSettingMarked(pen, id, name));
  const shown = [...told, ...marked.filter(setting => !told.includes(setting))];
  const settings = drawWords(
    pen,
    shown.map(setting => ({ text: settingWords(setting), marked: marked.includes(setting) })),
    { x: left, y: line + lineHeight + 2, room },
  );
  shapes.push(...settings.shapes);
  line += settings.height + (settings.height > 0 ? 2 : 0);

  const insides = part.inside.filter(inside => isShown(pen, `${id} / ${inside.word}`, inside));
  const corner = { x: left, y: line + 9 };
  let rowHeight = 0;
  for (const inside of insides) {
    const chip = `${id} / ${inside.word}`;
    const words = chipWords(pen, chip, inside);
    const { width: wide, height: high } = drawWords(pen, words, { x: 0, y: 0, room: room - 16 });
    const box = { width: wide + 17, height: high + chipHeight - lineHeight };
    if (corner.x > left && corner.x + box.width > left + room)
      Object.assign(corner, { x: left, y: corner.y + rowHeight + 4 });
    rowHeight = corner.x === left ? box.height : Math.max(rowHeight, box.height);
    shapes.push(drawChip(pen, chip, inside, words, { ...corner, ...box }, uses));
    corner.x += box.width + 6;
  }
  if (insides.length > 0) line = corner.y + rowHeight;

  if (part.total > 0) {
    line += 9;
    const share = shareOf(pen, part, uses);
    const filled = Math.max(share * room, 1.5);
    shapes.push(
      rect(left, line, room, 4, { fill: withAlpha(theme.foreground, 0.1), radius: 2 }),
      rect(left, line, filled, 4, { fill: withAlpha(color, part.active === part.total ? 1 : 0.4), radius: 2 }),
    );
    // What one token uses of it.
    if (part.active !== part.total)
      shapes.push(rect(left, line, Math.max((filled * part.active) / part.total, 1.5), 4, { fill: color, radius: 2 }));
    line += 4;
  }
  // The count goes below where it has no place beside the title.
  const foot = drawWords(pen, footWords(pen, part, uses, count === undefined ? size : ''), {
    x: left,
    y: line + lineHeight,
    room,
  });
  shapes.push(...foot.shapes);
  line += foot.height;
  const kept = drawCache(pen, part, left, line + lineHeight, room);
  shapes.push(...kept.shapes);
  line += kept.height;
  const height = line - y + padding - 1;
  const box = { x, y, width, height };
  const differs = isMarked(pen, id);
  const chips = shapes.filter((shape): shape is PartShape => shape.kind === 'part');
  const own: PartShape = {
    kind: 'part',
    id,
    label: spoken(pen, id, label, part, uses),
    place: part.place,
    box,
    radius: 6,
    details: detailsOf(pen, id, part, uses),
    shapes: [
      rect(x, y, width, height, {
        radius: 6,
        fill: tint(theme, color),
        stroke: edge(theme, color),
      }),
      rect(x, y + 8, 3, height - 16, { fill: color, radius: 1.5 }),
      ...shapes.filter(shape => shape.kind !== 'part'),
      ...(differs ? differenceSign(pen, x + width, y) : []),
    ],
  };
  return { shapes: [own, ...chips], height };
}

/** The sign in the corner of a part that differs from the model beside it. */
export function differenceSign(pen: Pen, x: number, y: number): readonly Shape[] {
  const color = differenceColor(pen);
  const { background } = pen.theme;
  return [
    rect(x - 9, y - 8, 17, 16, { fill: color, stroke: background, strokeWidth: 1.5, radius: 8 }),
    text(x - 0.5, y + 4.5, '≠', { fill: background, size: 13, bold: true, anchor: 'middle' }),
  ];
}

/** Share and work in a few words each. */
function footWords(pen: Pen, part: PartMessage, uses: number, size: string): readonly Word[] {
  const words = [
    size === '' ? undefined : `${size} parameters`,
    part.total > 0 ? `${shareWords(shareOf(pen, part, uses))} of the model` : undefined,
    part.flopsPerToken > 0 ? formatFlops(part.flopsPerToken, '/token') : undefined,
  ];
  return words.flatMap(text => (text === undefined ? [] : [{ text }]));
}

const curveWidth = 18;
/** How a cache grows with the text, as a small curve over `curveWidth` x 9; under a latent one the plain cache, fainter. */
const growthCurves: Readonly<Record<CacheGrowth, readonly string[]>> = {
  full: ['l18 -9'],
  latent: ['l18 -9', 'l18 -3'],
  window: ['l7 -7h11'],
  constant: ['m0 -4h18'],
};

/** What a part keeps while a text is written, with how it grows as a curve. */
function drawCache(pen: Pen, part: PartMessage, x: number, y: number, room: number): Drawn {
  const words = cacheWords(part);
  if (part.cache === null || words === undefined) return { shapes: [], height: 0 };
  const { theme, measure } = pen;
  const color = roleColor(theme, roleOf(part));
  const curves = growthCurves[part.cache.growth];
  const lines = wrap(words, room - curveWidth - 7, bodySize, measure);
  const shapes = [
    ...curves.map((curve, index) =>
      path(`M${x} ${y}${curve}`, {
        stroke: index === curves.length - 1 ? color : withAlpha(theme.foreground, 0.4),
        strokeWidth: index === curves.length - 1 ? 2 : 1,
        ...(index === curves.length - 1 ? {} : { dash: [2, 2] }),
      }),
    ),
    ...lines.map((line, index) =>
      text(x + curveWidth + 7, y + index * lineHeight, line, { fill: theme.foreground, size: bodySize }),
    ),
  ];
  return { shapes, height: lines.length * lineHeight };
}

/** What was left to its default is not worth a place, but for how positions are told, and for what differs. */
const isShown = (pen: Pen, id: string, { written, word }: InsideMessage): boolean =>
  written || word === 'position' || isMarked(pen, id);

function chipWords(pen: Pen, id: string, { word, variant, settings }: InsideMessage): readonly Word[] {
  const marked = (name: string) => isSettingMarked(pen, id, name);
  const told = settings.filter(
    ({ name, written, value }) => marked(name) || (written && value !== 'none' && value !== 'false'),
  );
  return [
    { text: `${word} ${variant}`, marked: marked('variant') || marked('all') },
    ...told.map(setting => ({ text: settingWords(setting), marked: marked(setting.name) })),
  ];
}

function drawChip(
  pen: Pen,
  id: string,
  inside: InsideMessage,
  words: readonly Word[],
  box: Box,
  uses: number,
): PartShape {
  const { theme } = pen;
  const radius = chipHeight / 2;
  const ink = theme.foreground;
  return {
    kind: 'part',
    id,
    label: spoken(pen, id, inside.word, inside, uses),
    place: inside.place,
    box,
    radius,
    details: detailsOf(pen, id, inside, uses),
    shapes: [
      rect(box.x, box.y, box.width, box.height, {
        radius,
        fill: theme.background,
        stroke: withAlpha(theme.foreground, theme.highContrast ? 1 : 0.35),
      }),
      ...drawWords(pen, words, { x: box.x + 8, y: box.y + 14, room: box.width - 16, ink }).shapes,
    ],
  };
}

/** A norm as a pill. */
export function drawPill(pen: Pen, { id, label, part, uses, x, y, width }: BlockOptions): PartShape {
  const { theme, measure } = pen;
  const differs = isMarked(pen, id);
  const told = part.settings.filter(
    setting => isSettingMarked(pen, id, setting.name) || (setting.name !== 'place' && telling([setting]).length > 0),
  );
  const room = width - 20;
  const words = [differs ? `≠ ${part.title}` : part.title, ...told.map(settingWords)];
  // What does not fit whole is told to who points at it.
  while (words.length > 1 && measure(words.join(' · '), bodySize, differs) > room) words.pop();
  const shown = cut(words.join(' · '), room, bodySize, measure, differs);
  const box = { x, y, width: measure(shown, bodySize, differs) + 20, height: pillHeight };
  return {
    kind: 'part',
    id,
    label: spoken(pen, id, label, part, uses),
    place: part.place,
    box,
    radius: pillHeight / 2,
    details: detailsOf(pen, id, part, uses),
    shapes: [
      rect(box.x, box.y, box.width, box.height, {
        radius: pillHeight / 2,
        fill: withAlpha(theme.foreground, 0.07),
        stroke: withAlpha(theme.foreground, theme.highContrast ? 1 : 0.25),
      }),
      text(x + 10, y + 15, shown, {
        fill: differs ? differenceColor(pen) : theme.foreground,
        size: bodySize,
        bold: differs,
      }),
    ],
  };
}
