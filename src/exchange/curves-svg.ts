import { formatInteger } from '../base/format';

export interface Curve {
  readonly name: string;
  /** Steps, rising, and the loss at each, in nats. */
  readonly points: readonly (readonly [step: number, loss: number])[];
}

export interface CurveOptions {
  readonly title: string;
  /** What stands below the axis of steps. */
  readonly below: string;
  readonly height: number;
}

const width = 900;
const margin = { left: 56, right: 170, top: 44, bottom: 56 };
/** Distinct at one glance for neighbours; as text, at least 4.5 : 1 against the ground of its kind. */
const colours = {
  light: ['#0969da', '#cf222e', '#1a7f37', '#9a6700', '#8250df', '#bf3989', '#0a7491'],
  dark: ['#4493f8', '#f85149', '#3fb950', '#d29922', '#ab7df8', '#db61a2', '#39c5cf'],
} as const;

/** Curves of loss in one picture, each with its name and its last value at its end. Every curve has a point at least. */
export function curvesSvg(curves: readonly Curve[], { title, below, height }: CurveOptions): string {
  const points = curves.flatMap(curve => curve.points);
  const [first, last] = bounds(points.map(([step]) => step));
  const losses = ticksAround(...bounds(points.map(([, loss]) => loss)), 8);
  const [low, high] = bounds(losses);
  const x = (step: number) =>
    margin.left + ((step - first) / (last - first || 1)) * (width - margin.left - margin.right);
  const y = (loss: number) =>
    height - margin.bottom - ((loss - low) / (high - low)) * (height - margin.top - margin.bottom);
  const lines = curves.map((curve, index) => {
    const path = curve.points.map(([step, loss]) => `${at(x(step))},${at(y(loss))}`).join(' ');
    return `<polyline class="curve ${colourOf(index)}" points="${path}"/>`;
  });
  const ends = apart(
    curves.map(curve => y(curve.points.at(-1)?.[1] ?? high)),
    height,
  );
  const names = curves.map(
    (curve, index) =>
      `<text x="${width - margin.right + 8}" y="${at((ends[index] ?? 0) + 3.5)}" class="name ${colourOf(index)}">${escaped(curve.name)} ${(curve.points.at(-1)?.[1] ?? Number.NaN).toFixed(2)}</text>`,
  );
  const across = (loss: number, kind: string) =>
    `<line class="${kind}" x1="${margin.left}" x2="${width - margin.right}" y1="${at(y(loss))}" y2="${at(y(loss))}"/>`;
  const grid = losses.map(
    loss =>
      `${across(loss, 'grid')}<text class="quiet" x="${margin.left - 8}" y="${at(y(loss) + 4)}" text-anchor="end">${Number(loss.toPrecision(6))}</text>`,
  );
  const steps = ticksAround(first, last, 8)
    .filter(step => step >= first && step <= last && Number.isInteger(step))
    .map(
      step =>
        `<text class="quiet" x="${at(x(step))}" y="${height - margin.bottom + 18}" text-anchor="middle">${formatInteger(step)}</text>`,
    );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">
<style>
  svg { background: #ffffff; font: 11px system-ui, sans-serif; }
  .title, .quiet { fill: #57606a; } .title { fill: #24292f; font-size: 15px; } .grid { stroke: #d8dee4; }
  .curve { fill: none; stroke: currentColor; stroke-width: 1.4; }
  .name { fill: currentColor; } ${coloured('light')}
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117; } .title { fill: #e6edf3; } .quiet { fill: #9198a1; } .grid { stroke: #30363d; }
    ${coloured('dark')}
  }
</style>
<text class="title" x="${margin.left}" y="24">${escaped(title)}</text>
${[...grid, ...lines, ...names, ...steps].join('\n')}
<text class="quiet" x="${(width + margin.left - margin.right) / 2}" y="${height - 14}" text-anchor="middle">${escaped(below)}</text>
</svg>
`;
}

/** Means of the last `span` values up to each, of fewer at the beginning. */
export function smoothed(values: readonly number[], span: number): readonly number[] {
  let sum = 0;
  return values.map((value, index) => {
    sum += value - (index >= span ? (values[index - span] ?? 0) : 0);
    return sum / Math.min(span, index + 1);
  });
}

const colourOf = (index: number): string => `c${index % colours.light.length}`;

const coloured = (ground: keyof typeof colours): string =>
  colours[ground].map((colour, index) => `.${colourOf(index)} { color: ${colour}; }`).join(' ');

const at = (value: number): string => value.toFixed(1);

function bounds(values: readonly number[]): readonly [low: number, high: number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return [low, high];
}

/** At most about `count` round numbers at equal distances, from one at or below `low` to one at or above `high`. */
function ticksAround(low: number, high: number, count: number): readonly number[] {
  const rough = (high - low || Math.abs(high) || 1) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const distance = power * ([1, 2, 5].find(each => each * power >= rough) ?? 10);
  const start = Math.floor(low / distance);
  const ticks = Math.max(1, Math.ceil(high / distance) - start);
  return Array.from({ length: ticks + 1 }, (_, index) => (start + index) * distance);
}

/** Text of an SVG. */
export const escaped = (text: string): string => text.replace(/[&<>"]/g, sign => `&#${sign.charCodeAt(0)};`);

/** Heights moved as little as needed so that lines of text do not cover each other. */
function apart(heights: readonly number[], height: number): readonly number[] {
  const gap = 12.5;
  const order = heights.map((_, index) => index).sort((a, b) => (heights[a] ?? 0) - (heights[b] ?? 0));
  const placed = [...heights];
  let lowest = margin.top;
  for (const index of order) {
    placed[index] = Math.max(lowest, placed[index] ?? 0);
    lowest = (placed[index] ?? 0) + gap;
  }
  // Too many at the bottom: all of them move up together.
  const beyond = Math.max(0, lowest - gap - (height - 8));
  return placed.map(each => each - beyond);
}
