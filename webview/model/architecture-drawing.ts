import { formatCount, formatInteger } from '../../src/base/format';
import { withAlpha } from '../shared/color';
import { drawLayer } from './layer-card';
import { mixingColor, mixingOf, type Role, roleColor, roleNames, roleOf } from './palette';
import { drawWords, isModelMarked, type Pen, textSize, type Word } from './pen';
import { path, rect, type Scene, type Shape, text } from './scene';
import { drawStack, drawStrip } from './stack-column';
import { cut, flow } from './text-fit';

const margin = 12;
const stripHeight = 16;
const cardGap = 18;
const widestCard = 520;

/** A model as a drawing of this width: facts, every layer as a strip, the folded stack, each kind of layer opened up. */
export function drawArchitecture(pen: Pen, width: number, titled: boolean): Scene {
  const { model, theme, measure } = pen;
  const inner = width - 2 * margin;
  const shapes: Shape[] = [];
  let top = margin;
  if (titled) {
    const title = cut(model.reference.model, inner, 15, measure, true);
    shapes.push(text(margin, top + 14, title, { fill: theme.foreground, size: 15, bold: true }));
    top += 22;
  }
  const facts = drawWords(pen, factsOf(pen), { x: margin, y: top + 11, room: inner });
  shapes.push(...facts.shapes);
  top += facts.height + 8;
  shapes.push(...drawStrip(pen, { x: margin, y: top, width: inner, height: stripHeight }));
  top += stripHeight + 8;
  const legend = drawLegend(pen, margin, top, inner);
  shapes.push(...legend.shapes);
  top += legend.height + 12;

  const stackWidth = Math.round(Math.min(210, Math.max(116, inner * 0.3)));
  const between = inner < 480 ? 20 : 44;
  const cardX = margin + stackWidth + between;
  const cardWidth = Math.min(widestCard, inner - stackWidth - between);
  const stack = drawStack(pen, margin, top, stackWidth);
  let cardTop = top;
  const links: Shape[] = [];
  const cards: Shape[] = [];
  for (const layer of model.layers) {
    const card = drawLayer(pen, layer, cardX, cardTop, cardWidth);
    cards.push(...card.shapes);
    const anchor = stack.anchors.get(layer.name);
    if (anchor) {
      const [from, to] = [anchor.y + anchor.height / 2, cardTop + 24];
      const [startX, bend] = [anchor.x + anchor.width, (cardX - anchor.x - anchor.width) / 2];
      links.push(
        path(`M${startX} ${from}C${startX + bend} ${from} ${cardX - bend} ${to} ${cardX} ${to}`, {
          stroke: withAlpha(theme.foreground, theme.highContrast ? 1 : 0.35),
          dash: [2, 3],
        }),
      );
    }
    cardTop += card.height + cardGap;
  }
  return {
    width,
    height: Math.max(top + stack.height, cardTop - cardGap) + margin,
    title: `Architecture of ${model.reference.model}: ${formatInteger(model.costs.total)} parameters in ${model.layerCount} layers`,
    shapes: [...shapes, ...links, ...stack.shapes, ...cards],
  };
}

function factsOf(pen: Pen): readonly Word[] {
  const { model } = pen;
  const near = model.approximate ? 'about ' : '';
  const sizes = [`${near}${formatCount(model.costs.total)} parameters`];
  if (model.costs.active !== model.costs.total) sizes.push(`${formatCount(model.costs.active)} active`);
  const modules = model.modules.reduce((sum, { total }) => sum + total, 0);
  const ahead = modules === 0 ? '' : ` + ${formatCount(modules)} in prediction modules`;
  const vocab = model.settings.find(({ name }) => name === 'vocab')?.value ?? '?';
  return [
    ...sizes.map((text, index) => ({ text: index === sizes.length - 1 ? `${text}${ahead}` : text })),
    { text: `${model.layerCount} layers`, marked: isModelMarked(pen, 'layers') },
    { text: `hidden ${formatInteger(model.hidden)}`, marked: isModelMarked(pen, 'hidden') },
    { text: `vocabulary ${vocab}`, marked: isModelMarked(pen, 'vocab') },
    { text: `context ${formatInteger(model.context)}`, marked: isModelMarked(pen, 'context') },
  ];
}

/** What the colours stand for, of those that are used. */
function drawLegend(pen: Pen, x: number, y: number, width: number): { shapes: readonly Shape[]; height: number } {
  const { model, theme, measure } = pen;
  const entries = new Map<string, string>();
  const role = (name: Role) => entries.set(roleNames[name], roleColor(theme, name));
  for (const layer of model.layers) {
    const mixing = mixingOf(layer);
    if (mixing === undefined) continue;
    const how = { window: ', windowed', latent: ', latent', full: '', constant: '' }[mixing.cache?.growth ?? 'full'];
    entries.set(`${roleNames[roleOf(mixing)]}${how}`, mixingColor(theme, mixing));
  }
  if (model.layers.some(({ branches }) => branches.some(({ body }) => roleOf(body) === 'feed-forward')))
    role('feed-forward');
  role('vocabulary');
  const list = [...entries];
  const places = flow(
    list.map(([name]) => measure(name, textSize.body) + 15),
    width,
    14,
  );
  const shapes = list.flatMap(([name, color], index): readonly Shape[] => {
    const place = places[index];
    if (!place) return [];
    const [left, top] = [x + place.x, y + place.line * 17];
    return [
      rect(left, top + 2, 10, 10, { fill: color, radius: 2 }),
      text(left + 15, top + 11, name, { fill: theme.muted, size: textSize.body }),
    ];
  });
  return { shapes, height: ((places.at(-1)?.line ?? 0) + 1) * 17 };
}
