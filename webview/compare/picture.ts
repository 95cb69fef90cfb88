import type { Tracked } from '../shared/chart-group';
import type { Theme } from '../shared/theme';

const margin = 16;
const rowHeight = 20;

/** The chart with title and legend on the theme's background, as base64 of a PNG. */
export function drawPicture(
  {
    canvas,
    title,
    lines,
  }: { readonly canvas: HTMLCanvasElement; readonly title: string; readonly lines: readonly Tracked[] },
  theme: Theme,
): string | null {
  const scale = canvas.clientWidth > 0 ? canvas.width / canvas.clientWidth : 1;
  const width = canvas.width / scale + 2 * margin;
  const target = document.createElement('canvas');
  const context = target.getContext('2d');
  if (context === null) return null;
  const font = `12px ${theme.fontFamily}`;
  context.font = font;
  const columnWidth = Math.max(...lines.map(({ label }) => context.measureText(label).width)) + 48;
  const columns = Math.max(1, Math.min(lines.length, Math.floor((width - 2 * margin) / columnWidth)));
  const legendHeight = Math.ceil(lines.length / columns) * rowHeight;
  const top = margin + 26;
  const height = top + canvas.height / scale + 12 + legendHeight + margin;
  target.width = Math.round(width * scale);
  target.height = Math.round(height * scale);
  context.scale(scale, scale);
  context.fillStyle = theme.background;
  context.fillRect(0, 0, width, height);
  context.fillStyle = theme.foreground;
  context.font = `600 14px ${theme.fontFamily}`;
  context.fillText(title, margin, margin + 14);
  context.drawImage(canvas, margin, top, canvas.width / scale, canvas.height / scale);
  context.font = font;
  context.textBaseline = 'middle';
  lines.forEach(({ label, color, dash = [] }, index) => {
    const x = margin + (index % columns) * columnWidth;
    const y = top + canvas.height / scale + 12 + Math.floor(index / columns) * rowHeight + rowHeight / 2;
    context.strokeStyle = color;
    context.lineWidth = 3;
    context.setLineDash([...dash]);
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x + 18, y);
    context.stroke();
    context.fillStyle = theme.foreground;
    context.fillText(label, x + 26, y);
  });
  const data = target.toDataURL('image/png');
  return data.slice(data.indexOf(',') + 1);
}
