export interface Curve {
  readonly name: string;
  readonly losses: readonly number[];
}

const [width, height] = [900, 560];
const margin = { left: 56, right: 170, top: 44, bottom: 48 };
/** Distinct at one glance for neighbours, readable on light and dark. */
const colours = ['#0969da', '#cf222e', '#1a7f37', '#9a6700', '#8250df', '#bf3989', '#0a7ea4'] as const;

/**
 * Training curves in one picture, smoothed over ten steps, each with its name at its end. `floors` are entropies of single tokens,
 * by the size of their vocabulary: dashed lines that a model gets below only by looking at what came before.
 */
export function curvesSvg(curves: readonly Curve[], floors: ReadonlyMap<number, number>): string {
  const smooth = curves.map(({ name, losses }) => ({
    name,
    losses: losses.map((_, step) => meanBefore(losses, step)),
  }));
  const steps = Math.max(...smooth.map(({ losses }) => losses.length));
  const all = [...smooth.flatMap(({ losses }) => losses), ...floors.values()];
  const [low, high] = [Math.floor(2 * Math.min(...all)) / 2, Math.ceil(2 * Math.max(...all)) / 2];
  const x = (step: number) => margin.left + (step / (steps - 1)) * (width - margin.left - margin.right);
  const y = (loss: number) =>
    height - margin.bottom - ((loss - low) / (high - low)) * (height - margin.top - margin.bottom);
  const at = (value: number) => value.toFixed(1);
  const lines = smooth.map(({ losses }, index) => {
    const points = losses.map((loss, step) => `${at(x(step))},${at(y(loss))}`).join(' ');
    return `<polyline class="curve" stroke="${colours[index % colours.length]}" points="${points}"/>`;
  });
  const ends = apart(smooth.map(({ losses }) => y(losses.at(-1) ?? high)));
  const names = smooth.map(
    ({ name, losses }, index) =>
      `<text x="${width - margin.right + 8}" y="${at((ends[index] ?? 0) + 3.5)}" fill="${colours[index % colours.length]}">${name} ${(losses.at(-1) ?? Number.NaN).toFixed(2)}</text>`,
  );
  const grid = Array.from({ length: Math.round(high - low) + 1 }, (_, index) => low + index).map(
    loss =>
      `<line class="grid" x1="${margin.left}" x2="${width - margin.right}" y1="${at(y(loss))}" y2="${at(y(loss))}"/><text class="quiet" x="${margin.left - 8}" y="${at(y(loss) + 4)}" text-anchor="end">${loss}</text>`,
  );
  const limits = [...floors].map(
    ([vocab, entropy]) =>
      `<line class="floor" x1="${margin.left}" x2="${width - margin.right}" y1="${at(y(entropy))}" y2="${at(y(entropy))}"/><text class="quiet" x="${margin.left + 8}" y="${at(y(entropy) - 5)}">entropy of single tokens, vocabulary ${vocab}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Loss of every tiny model of the gallery">
<style>
  svg { background: #ffffff; font: 11px system-ui, sans-serif; }
  .title, .quiet { fill: #57606a; } .title { fill: #24292f; font-size: 15px; } .grid { stroke: #d8dee4; }
  .floor { stroke: #57606a; stroke-dasharray: 5 4; } .curve { fill: none; stroke-width: 1.4; }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117; } .title { fill: #e6edf3; } .quiet { fill: #9198a1; } .grid { stroke: #30363d; } .floor { stroke: #9198a1; }
  }
</style>
<text class="title" x="${margin.left}" y="24">Loss of every tiny model of the gallery on Moby-Dick</text>
${grid.join('\n')}
${limits.join('\n')}
${lines.join('\n')}
${names.join('\n')}
<text class="quiet" x="${(width + margin.left - margin.right) / 2}" y="${height - 12}" text-anchor="middle">${steps} steps; loss in nats</text>
</svg>
`;
}

/** Mean of the ten values up to an index. */
function meanBefore(values: readonly number[], index: number): number {
  const window = values.slice(Math.max(0, index - 9), index + 1);
  return window.reduce((sum, value) => sum + value, 0) / window.length;
}

/** Heights moved as little as needed so that lines of text do not cover each other. */
function apart(heights: readonly number[]): readonly number[] {
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
