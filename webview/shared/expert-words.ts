import { formatInteger, formatPercent, formatTimes } from '../../src/base/format';
import type { ExpertLoad } from '../../src/protocol/expert-load';

/** What the load of one layer's experts comes to, each as a multiple of the even share. */
export interface LayerFigures {
  readonly title: string;
  readonly experts: number;
  readonly busiest: { readonly expert: number; readonly ratio: number };
  readonly quietest: { readonly expert: number; readonly ratio: number };
  /** Experts that got no token at all. */
  readonly unused: number;
  /** Load over even load by expert: [experts]. */
  readonly ratios: readonly number[];
}

export function layerFigures({ path, tokens }: ExpertLoad['layers'][number]): LayerFigures {
  const total = tokens.reduce((sum, count) => sum + count, 0);
  const ratios = tokens.map(count => (total === 0 ? 0 : (count * tokens.length) / total));
  let busiest = { expert: 0, ratio: ratios[0] ?? 0 };
  let quietest = busiest;
  ratios.forEach((ratio, expert) => {
    if (ratio > busiest.ratio) busiest = { expert, ratio };
    if (ratio < quietest.ratio) quietest = { expert, ratio };
  });
  const unused = tokens.filter(count => count === 0).length;
  return { title: layerTitle(path), experts: tokens.length, busiest, quietest, unused, ratios };
}

/** `layers.3.ffn` is the fourth layer; people count from one, as the drawn architecture does. */
function layerTitle(path: string): string {
  const [, place, index] = /^(layers|mtp)\.(\d+)\./.exec(path) ?? [];
  if (index === undefined) return path;
  return `${place === 'mtp' ? 'Prediction module' : 'Layer'} ${Number(index) + 1}`;
}

/** One cell in words. */
export function expertText(
  { title, experts, ratios }: LayerFigures,
  tokens: readonly number[],
  expert: number,
): string {
  const [count, ratio] = [tokens[expert] ?? 0, ratios[expert] ?? 0];
  if (count === 0) return `${title}, expert ${expert + 1}: no tokens`;
  return `${title}, expert ${expert + 1}: ${formatTimes(ratio)} the even share, ${formatPercent(ratio / experts)} of the choices (${formatInteger(count)})`;
}

/** A row of cells in words, for those who do not see it. */
export const stripText = ({ experts, busiest, quietest, unused }: LayerFigures): string =>
  `${experts} experts: expert ${busiest.expert + 1} gets most, ${formatTimes(busiest.ratio)} the even share, expert ${quietest.expert + 1} least, ${formatTimes(quietest.ratio)}${unused > 0 ? `; ${unused} without tokens` : ''}`;

/** What there is to see in all layers, in a sentence or two. */
export function summaryText(layers: readonly LayerFigures[]): string {
  const worst = layers.reduce<LayerFigures | null>(
    (found, layer) => (found === null || layer.busiest.ratio > found.busiest.ratio ? layer : found),
    null,
  );
  if (worst === null) return '';
  const experts = layers.reduce((sum, layer) => sum + layer.experts, 0);
  const unused = layers.reduce((sum, layer) => sum + layer.unused, 0);
  const place = layers.length === 1 ? '' : ` of ${worst.title.toLowerCase()}`;
  const most = `Expert ${worst.busiest.expert + 1}${place} has the most to do: ${formatTimes(worst.busiest.ratio)} the even share.`;
  const none =
    unused === 0 ? 'Every expert gets tokens.' : `${unused} of ${formatInteger(experts)} experts get no tokens.`;
  return `${most} ${none}`;
}
