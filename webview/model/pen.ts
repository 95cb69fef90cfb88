import { formatBytes, formatCount, formatFlops, formatInteger, formatPercent } from '../../src/base/format';
import type { InsideMessage, ModelMessage, PartMessage, SettingMessage } from '../../src/protocol/model-panel';
import type { Theme } from '../shared/theme';
import { type Marks, modelMark } from './differences';
import { type Details, type Shape, text } from './scene';
import { cut, flow, type Measure } from './text-fit';

/** What everything that draws needs to know. */
export interface Pen {
  readonly model: ModelMessage;
  readonly theme: Theme;
  readonly measure: Measure;
  /** What differs from the model beside it; empty without one. */
  readonly marks: Marks;
}

export const textSize = { title: 13, body: 11.5 } as const;

export const isMarked = ({ marks }: Pen, id: string): boolean => marks.has(id);
export const isSettingMarked = ({ marks }: Pen, id: string, name: string): boolean => marks.get(id)?.has(name) === true;
export const isModelMarked = (pen: Pen, name: string): boolean => isSettingMarked(pen, modelMark, name);

/** The colour of what differs, of no other meaning here: also told by a sign, never by colour alone. */
export const differenceColor = ({ theme }: Pen): string => theme.colors[7] ?? theme.foreground;

/** A share in two digits; very small ones only as such. */
export const shareWords = (share: number): string => (share > 0 && share < 1e-4 ? '<0.01%' : formatPercent(share));

export interface Word {
  readonly text: string;
  readonly marked?: boolean;
}

const separator = ' · ';

/** Words parted by dots, over as many lines as they need; `y` is the baseline of the first. */
export function drawWords(
  pen: Pen,
  words: readonly Word[],
  {
    x,
    y,
    room,
    ink = pen.theme.muted,
  }: { readonly x: number; readonly y: number; readonly room: number; readonly ink?: string },
): { readonly shapes: readonly Shape[]; readonly width: number; readonly height: number } {
  const { measure } = pen;
  const { body: size } = textSize;
  const between = measure(separator, size);
  const shown = words.map(({ text: told, marked = false }) => {
    const words = cut(marked ? `≠ ${told}` : told, room, size, measure, marked);
    return { words, marked, width: measure(words, size, marked) };
  });
  const places = flow(
    shown.map(({ width }) => width),
    room,
    between,
  );
  const shapes = shown.flatMap(({ words, marked }, index): readonly Shape[] => {
    const { x: left = 0, line = 0 } = places[index] ?? {};
    const baseline = y + line * lineHeight;
    return [
      ...(left > 0 ? [text(x + left - between / 2, baseline, '·', { fill: ink, size, anchor: 'middle' })] : []),
      text(x + left, baseline, words, { fill: marked ? differenceColor(pen) : ink, size, bold: marked }),
    ];
  });
  return {
    shapes,
    width: Math.max(0, ...shown.map(({ width }, index) => (places[index]?.x ?? 0) + width)),
    height: words.length === 0 ? 0 : ((places.at(-1)?.line ?? 0) + 1) * lineHeight,
  };
}

export const lineHeight = 16;

export const shareOf = ({ model }: Pen, part: Pick<PartMessage, 'total'>, uses: number): number =>
  model.costs.total === 0 ? 0 : (part.total * uses) / model.costs.total;

/** What a part keeps for decoding, in a few words. */
export function cacheWords({ cache }: PartMessage): string | undefined {
  if (cache === null) return undefined;
  const perToken = `${formatBytes(cache.bytesPerToken)}/token`;
  switch (cache.growth) {
    case 'constant':
      return `state ${formatBytes(cache.bytesAtContext)}, at any length`;
    case 'latent':
      return `latent ${perToken}`;
    case 'window':
      return `KV ${perToken}, up to the window`;
    case 'full':
      return `KV ${perToken}`;
  }
}

/** The settings worth a place in the drawing: those that somebody wrote and that say something. */
export const telling = (settings: readonly SettingMessage[]): readonly SettingMessage[] =>
  settings.filter(({ written, value }) => written && value !== 'none' && value !== 'false');

export const settingWords = ({ name, value }: SettingMessage): string =>
  value === 'true' ? name.replaceAll('_', ' ') : `${name.replaceAll('_', ' ')} ${value}`;

/** All that is known about a part, for who points at it. */
export function detailsOf(pen: Pen, id: string, part: InsideMessage | PartMessage, uses: number): Details {
  const cost = 'total' in part ? part : undefined;
  const times = uses > 1 ? ` × ${uses}` : '';
  const rows: (readonly [string, string])[] = [];
  if (cost && cost.total > 0) {
    rows.push(['parameters', `${formatInteger(cost.total)}${times}`]);
    rows.push([`share of ${pen.model.reference.model}`, shareWords(shareOf(pen, cost, uses))]);
    if (cost.active !== cost.total) rows.push(['active per token', formatInteger(cost.active)]);
  }
  if (cost && cost.flopsPerToken > 0) rows.push(['work per token', `${formatFlops(cost.flopsPerToken)}${times}`]);
  if (cost?.cache) {
    if (cost.cache.bytesPerToken > 0)
      rows.push([
        cost.cache.growth === 'latent' ? 'latent cache per token' : 'KV cache per token',
        `${formatBytes(cost.cache.bytesPerToken)}${times}`,
      ]);
    rows.push([
      cost.cache.growth === 'constant'
        ? 'state, at any length'
        : `KV cache at ${formatCount(pen.model.context)} tokens`,
      `${formatBytes(cost.cache.bytesAtContext)}${times}`,
    ]);
  }
  const settings = part.settings.map(
    setting => [setting.name, setting.value, isSettingMarked(pen, id, setting.name)] as const,
  );
  return { title: part.title, rows, settings };
}

/** A part in one sentence, for screen readers. */
export function spoken(pen: Pen, id: string, label: string, part: InsideMessage | PartMessage, uses: number): string {
  const { title, rows } = detailsOf(pen, id, part, uses);
  const differs = isMarked(pen, id) ? ', differs' : '';
  return [`${label}: ${title}${differs}`, ...rows.map(([name, value]) => `${value} ${name}`)].join(', ');
}
