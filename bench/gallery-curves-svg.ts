import { escaped, smoothed } from '../src/exchange/curves-svg';

export interface GalleryCurve {
  readonly name: string;
  /** How the model mixes tokens: models of a kind stand together, in one colour. */
  readonly kind: string;
  /** Entropy of single tokens: what is reached without looking at what came before. */
  readonly entropy: number;
  /** Of every step, in nats. */
  readonly losses: readonly number[];
}

const columns = 6;
const panel = { width: 126, height: 92 };
const gap = { x: 24, y: 36 };
const left = 40;
const top = 84;
const headingHeight = 30;
const width = left + columns * (panel.width + gap.x) + 12;
/** One for each kind, on white and on black. */
const colours = [
  ['#0969da', '#58a6ff'],
  ['#8250df', '#bc8cff'],
  ['#1a7f37', '#56d364'],
  ['#bc4c00', '#f0883e'],
] as const;

/**
 * Many curves of loss, smoothed over ten steps, each in a small panel of its own with all others in grey behind it, so that none
 * has to be found among the rest: kinds one below the other, the largest first, and in each the lowest loss first. A dashed line is the entropy of single tokens.
 */
export function galleryCurvesSvg(curves: readonly GalleryCurve[]): string {
  const drawn = curves.map(curve => ({ ...curve, losses: smoothed(curve.losses, 10) }));
  const steps = Math.max(...drawn.map(({ losses }) => losses.length));
  const values = drawn.flatMap(({ losses, entropy }) => [...losses, entropy]);
  const [low, high] = [Math.floor(2 * Math.min(...values)) / 2, Math.ceil(2 * Math.max(...values)) / 2];
  const x = (step: number) => (step / Math.max(1, steps - 1)) * panel.width;
  const y = (loss: number) => panel.height - ((loss - low) / (high - low)) * panel.height;
  const pathOf = ({ losses }: GalleryCurve) => losses.map((loss, step) => `${at(x(step))},${at(y(loss))}`).join(' ');

  /** One panel at the origin; `edges` says which axes are labelled. */
  const panelOf = (curve: GalleryCurve, edges: { readonly left: boolean; readonly below: boolean }) => {
    const last = curve.losses.at(-1) ?? high;
    const ticks = Array.from({ length: Math.floor(high) - Math.ceil(low) + 1 }, (_, index) => Math.ceil(low) + index);
    return [
      `<text class="name" y="-8">${escaped(curve.name)}</text>`,
      `<text class="name" x="${panel.width}" y="-8" text-anchor="end" style="fill: currentColor">${last.toFixed(2)}</text>`,
      ...ticks.map(loss => `<line class="grid" x2="${panel.width}" y1="${at(y(loss))}" y2="${at(y(loss))}"/>`),
      ...(edges.left ? ticks.map(loss => textAt(loss, -7, y(loss) + 3.5, 'end')) : []),
      ...(edges.below
        ? (['start', 'middle', 'end'] as const).map((anchor, index) =>
            textAt(Math.round((index * steps) / 2), (index * panel.width) / 2, panel.height + 14, anchor),
          )
        : []),
      '<use href="#all"/>',
      `<line class="floor" x2="${panel.width}" y1="${at(y(curve.entropy))}" y2="${at(y(curve.entropy))}"/>`,
      `<polyline class="curve" stroke="currentColor" points="${pathOf(curve)}"/>`,
      `<circle cx="${panel.width}" cy="${at(y(last))}" r="2.2" fill="currentColor"/>`,
    ].join('');
  };

  const pieces: string[] = [];
  let down = top;
  const groups = [...new Set(drawn.map(({ kind }) => kind))]
    .map(kind => ({ kind, members: drawn.filter(curve => curve.kind === kind) }))
    .sort((one, other) => other.members.length - one.members.length);
  for (const [index, { kind, members }] of groups.entries()) {
    const colour = `kind-${index % colours.length}`;
    members.sort((a, b) => (a.losses.at(-1) ?? 0) - (b.losses.at(-1) ?? 0));
    pieces.push(`<text class="kind ${colour}" x="${left}" y="${down}">${escaped(kind)}</text>`);
    down += headingHeight;
    for (const [place, curve] of members.entries()) {
      const [row, column] = [Math.floor(place / columns), place % columns];
      const [across, below] = [left + column * (panel.width + gap.x), down + row * (panel.height + gap.y)];
      const edges = { left: column === 0, below: place + columns >= members.length };
      pieces.push(`<g class="${colour}" transform="translate(${across} ${below})">${panelOf(curve, edges)}</g>`);
    }
    down += Math.ceil(members.length / columns) * (panel.height + gap.y) + 14;
  }
  const height = down + 4;
  const title = 'Every tiny model of the gallery, trained on Moby-Dick';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}">
<style>
  svg { background: #ffffff; font: 11px system-ui, sans-serif; }
  .title { fill: #24292f; font-size: 15px; } .kind { fill: currentColor; font-size: 13px; font-weight: 600; } .name { fill: #24292f; }
  .quiet { fill: #57606a; } .grid { stroke: #eaeef2; } .floor { stroke: #57606a; stroke-dasharray: 4 3; }
  .other { fill: none; stroke: #d0d7de; stroke-width: 0.7; } .curve { fill: none; stroke-width: 1.8; }
  ${coloursOf(0)}
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117; } .title, .name { fill: #e6edf3; } .quiet { fill: #9198a1; } .grid { stroke: #21262d; }
    .floor { stroke: #9198a1; } .other { stroke: #3d444d; }
    ${coloursOf(1)}
  }
</style>
<defs><g id="all">${drawn.map(curve => `<polyline class="other" points="${pathOf(curve)}"/>`).join('')}</g></defs>
<text class="title" x="${left}" y="26">${title}</text>
<text class="quiet" x="${left}" y="46">Loss in nats over ${steps} steps, the last value beside the name. Dashed: entropy of single tokens, reached without looking back. Grey: all models.</text>
${pieces.join('\n')}
</svg>
`;
}

const at = (value: number): string => value.toFixed(1);

const coloursOf = (ground: 0 | 1): string =>
  colours.map((pair, index) => `.kind-${index} { color: ${pair[ground]}; }`).join(' ');

const textAt = (text: number, x: number, y: number, anchor: string): string =>
  `<text class="quiet" x="${at(x)}" y="${at(y)}" text-anchor="${anchor}">${text}</text>`;
