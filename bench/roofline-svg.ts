import type { KernelProfile } from './profile-addon';

export interface Roofs {
  readonly flopsPerSecond: number;
  readonly bytesPerSecond: number;
}

const [width, height] = [760, 460];
const margin = { left: 64, right: 24, top: 44, bottom: 56 };
const intensities: readonly [number, number] = [0.04, 4000];
const rates: readonly [number, number] = [0.4, 4000];

/**
 * A roofline (Williams et al. 2009): arithmetic intensity of every kernel against the rate it reached, under the roofs of
 * bandwidth and of arithmetic. The area of a dot is its share of the step. Readable on light and dark.
 */
export function rooflineSvg(title: string, kernels: readonly KernelProfile[], roofs: Roofs): string {
  const total = kernels.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0);
  const ridge = roofs.flopsPerSecond / roofs.bytesPerSecond;
  const peak = roofs.flopsPerSecond / 1e9;
  const slope = (intensity: number): number => (intensity * roofs.bytesPerSecond) / 1e9;
  const roof = [
    [intensities[0], slope(intensities[0])],
    [ridge, peak],
    [intensities[1], peak],
  ]
    .map(([intensity = 1, rate = 1]) => `${at(x(intensity))},${at(y(rate))}`)
    .join(' ');
  const shown = kernels.filter(({ elapsedMs, flops }) => flops > 0 && elapsedMs / total > 0.002);
  const dots = shown.map(({ kernel, elapsedMs, flops, bytes }) => {
    const share = elapsedMs / total;
    const rate = flops / elapsedMs / 1e6;
    const [cx, cy, radius] = [x(flops / bytes), y(rate), Math.max(3, 42 * Math.sqrt(share))];
    return { kernel, share, rate, cx, cy, radius, text: `${kernel} ${(100 * share).toFixed(0)} %` };
  });
  const roofNames = [
    { text: `${peak.toFixed(0)} GFLOP/s: best matrix product`, left: x(ridge), top: y(peak) - 8 },
    { text: `${(roofs.bytesPerSecond / 1e9).toFixed(0)} GB/s: best copy`, left: x(1.5) + 10, top: y(slope(1.5)) + 4 },
  ].map(name => ({ ...name, wide: widthOf(name.text) }));
  const circles = dots.map(
    ({ kernel, share, rate, cx, cy, radius }) =>
      `<circle cx="${at(cx)}" cy="${at(cy)}" r="${at(radius)}"><title>${kernel}: ${(100 * share).toFixed(1)} %, ${rate.toFixed(1)} GFLOP/s</title></circle>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}">
<style>
  svg { background: #ffffff; font: 12px system-ui, sans-serif; }
  text { fill: #24292f; } .quiet { fill: #57606a; } .grid { stroke: #d8dee4; } .roof { stroke: #cf222e; stroke-width: 2; fill: none; }
  circle { fill: #0969da; fill-opacity: 0.45; stroke: #0969da; }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117; }
    text { fill: #e6edf3; } .quiet { fill: #9198a1; } .grid { stroke: #30363d; } .roof { stroke: #ff7b72; }
    circle { fill: #58a6ff; stroke: #58a6ff; }
  }
</style>
<text x="${margin.left}" y="24" font-size="15">${title}</text>
${ticks(intensities).map(verticalLine).join('\n')}
${ticks(rates).map(horizontalLine).join('\n')}
<polyline class="roof" points="${roof}"/>
${roofNames.map(({ text, left, top }) => `<text x="${at(left)}" y="${at(top)}">${text}</text>`).join('\n')}
${circles.join('\n')}
${labels(
  dots.filter(({ share }) => share > 0.01),
  roofNames,
).join('\n')}
<text class="quiet" x="${(width + margin.left) / 2}" y="${height - 12}" text-anchor="middle">operations per byte of the arrays</text>
<text class="quiet" transform="translate(16 ${height / 2}) rotate(-90)" text-anchor="middle">GFLOP/s</text>
</svg>
`;
}

interface Dot {
  readonly text: string;
  readonly cx: number;
  readonly cy: number;
  readonly radius: number;
}

interface Place {
  readonly left: number;
  readonly top: number;
  readonly wide: number;
}

/** Names of dots, largest first: each over, under, right or left of its dot, where the earlier ones leave room. */
function labels(dots: readonly Dot[], before: readonly Place[]): string[] {
  const taken = [...before];
  return dots.map(({ text, cx, cy, radius }) => {
    const wide = widthOf(text);
    const spots = [
      [cx - wide / 2, cy - radius - 6],
      [cx - wide / 2, cy + radius + 14],
      [cx + radius + 4, cy + 4],
      [cx - radius - 4 - wide, cy + 4],
    ] as const;
    const free = spots.find(
      ([left, top]) =>
        left > margin.left &&
        left + wide < width &&
        taken.every(each => left > each.left + each.wide || left + wide < each.left || Math.abs(top - each.top) > 13),
    );
    const [left, top] = free ?? spots[0];
    taken.push({ left, top, wide });
    return `<text x="${at(left)}" y="${at(top)}">${text}</text>`;
  });
}

/** About how wide a text is, in pixels. */
const widthOf = (text: string): number => 6.6 * text.length;

const verticalLine = (value: number): string =>
  `<line class="grid" x1="${at(x(value))}" x2="${at(x(value))}" y1="${margin.top}" y2="${height - margin.bottom}"/><text class="quiet" x="${at(x(value))}" y="${height - margin.bottom + 18}" text-anchor="middle">${value}</text>`;
const horizontalLine = (value: number): string =>
  `<line class="grid" y1="${at(y(value))}" y2="${at(y(value))}" x1="${margin.left}" x2="${width - margin.right}"/><text class="quiet" x="${margin.left - 8}" y="${at(y(value) + 4)}" text-anchor="end">${value}</text>`;

const place = (value: number, [low, high]: readonly [number, number]): number =>
  Math.min(1, Math.max(0, Math.log(value / low) / Math.log(high / low)));
const x = (intensity: number): number =>
  margin.left + place(intensity, intensities) * (width - margin.left - margin.right);
const y = (rate: number): number => height - margin.bottom - place(rate, rates) * (height - margin.top - margin.bottom);
const at = (value: number): string => value.toFixed(1);

/** Powers of ten inside a range. */
const ticks = ([low, high]: readonly [number, number]): number[] =>
  [0.1, 1, 10, 100, 1000].filter(value => value >= low && value <= high);
