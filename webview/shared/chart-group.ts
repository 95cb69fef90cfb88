import type { Column } from '../../src/protocol/series';
import { type Axis, formatPosition } from './axis';
import type { LineChart, Range } from './charts';
import { nearestIndex } from './decimate';
import { element } from './element';

/** A curve whose value is read off at the cross-hair. */
export interface Tracked {
  readonly label: string;
  readonly color: string;
  readonly dash?: readonly number[];
  readonly x: Column;
  readonly y: Column;
}

export interface Reading {
  readonly label: string;
  readonly color: string;
  readonly dashed: boolean;
  /** Where the value nearest to the cross-hair is. */
  readonly x: number;
  readonly y: number;
}

export interface GroupMember {
  readonly chart: LineChart;
  /** What the chart shows, for screen readers. */
  readonly label: string;
  readonly tracked: () => readonly Tracked[];
  readonly formatY: (value: number) => string;
}

export interface ChartGroupOptions {
  /** The cross-hair moved; null: it is gone. */
  readonly onCursor: (x: number | null) => void;
  /** The user chose a part of x; null: all. */
  readonly onRange: (range: Range | null) => void;
  readonly announce: (text: string) => void;
}

/** Charts over the same x: one cross-hair and one visible range for all. */
export interface ChartGroup {
  add(member: GroupMember): void;
  setAxis(axis: Axis): void;
  cursor(): number | null;
}

export const chartKeys =
  'Left and right arrows move the cross-hair, with Shift by one point. Home and End go to the ends, plus and minus zoom, 0 shows all, Escape leaves.';

export function createChartGroup({ onCursor, onRange, announce }: ChartGroupOptions): ChartGroup {
  const members: { readonly member: GroupMember; place(): void }[] = [];
  let axis: Axis = 'step';
  let cursor: number | null = null;
  let frame = 0;
  let speech: ReturnType<typeof setTimeout> | undefined;

  function moveTo(x: number | null): void {
    if (x === cursor) return;
    cursor = x;
    if (frame !== 0) return;
    frame = requestAnimationFrame(() => {
      frame = 0;
      for (const { place } of members) place();
      onCursor(cursor);
    });
  }

  /** Spoken after the key is let go: a reader cannot follow each of many steps. */
  function speak({ tracked, formatY }: GroupMember): void {
    clearTimeout(speech);
    speech = setTimeout(() => {
      if (cursor === null) return;
      const values = readingsAt(tracked(), cursor).map(({ label, y }) => `${label} ${formatY(y)}`);
      announce(`${formatPosition(axis, cursor)}: ${values.join(', ') || 'no values'}`);
    }, 300);
  }

  return {
    add(member) {
      const overlay = createOverlay(member.chart.root);
      const place = () => overlay.place(member, cursor);
      members.push({ member, place });
      member.chart.onDrawn(place);
      describe(member);
      listenToPointer(member, overlay, moveTo, onRange);
      member.chart.root.addEventListener('keydown', event => {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        const range = rangeForKey(event.key, member.chart, cursor);
        if (range !== undefined) onRange(range);
        else if (event.key === 'Escape' && cursor !== null) moveTo(null);
        else {
          const x = positionForKey(event, member, cursor);
          if (x === null) return;
          moveTo(x);
          speak(member);
        }
        event.preventDefault();
      });
      member.chart.root.addEventListener('blur', () => moveTo(null));
    },
    setAxis(value) {
      // A position on another axis means nothing here.
      if (value !== axis) cursor = null;
      axis = value;
    },
    cursor: () => cursor,
  };
}

function describe({ chart: { root }, label }: GroupMember): void {
  root.tabIndex = 0;
  root.setAttribute('role', 'group');
  root.setAttribute('aria-roledescription', 'chart');
  root.setAttribute('aria-label', label);
  root.setAttribute('aria-description', chartKeys);
}

/** The value of each curve at `x`; curves that have ended before it, or begin after it, have none. */
export function readingsAt(tracked: readonly Tracked[], x: number): Reading[] {
  const readings: Reading[] = [];
  for (const { label, color, dash = [], x: positions, y } of tracked) {
    const index = nearestIndex(positions, x);
    const [position, value] = [positions[index], y[index]];
    if (position === undefined || value === undefined) continue;
    const first = positions[0] ?? position;
    const last = positions[positions.length - 1] ?? position;
    const spacing = positions.length > 1 ? (last - first) / (positions.length - 1) : Number.POSITIVE_INFINITY;
    if (x < first - spacing || x > last + spacing) continue;
    readings.push({ label, color, dashed: dash.length > 0, x: position, y: value });
  }
  return readings;
}

function createOverlay(root: HTMLElement) {
  const line = element('div', { class: 'crosshair' });
  const dots = element('div', { class: 'crosshair-dots' });
  const selection = element('div', { class: 'selection' });
  const overlay = element('div', {
    class: 'plot-overlay',
    attributes: { 'aria-hidden': 'true' },
    children: [selection, line, dots],
  });
  line.hidden = true;
  selection.hidden = true;
  root.append(overlay);
  return {
    place({ chart, tracked }: GroupMember, cursor: number | null) {
      const area = chart.area();
      const { from, to } = chart.range();
      const visible = cursor !== null && area !== null && cursor >= from && cursor <= to;
      line.hidden = !visible;
      dots.hidden = !visible;
      if (!visible) return;
      line.style.transform = `translate(${chart.pixelOfX(cursor)}px, ${area.top}px)`;
      line.style.height = `${area.bottom - area.top}px`;
      const readings = readingsAt(tracked(), cursor);
      while (dots.childElementCount < readings.length) dots.append(element('i'));
      [...dots.children].forEach((dot, index) => {
        const reading = readings[index];
        const y = reading === undefined ? Number.NaN : chart.pixelOfY(reading.y);
        if (!(dot instanceof HTMLElement)) return;
        dot.hidden = reading === undefined || !(y >= area.top - 1 && y <= area.bottom + 1);
        if (reading === undefined || dot.hidden) return;
        dot.style.transform = `translate(${chart.pixelOfX(reading.x)}px, ${y}px)`;
        dot.style.backgroundColor = reading.color;
      });
    },
    select({ chart }: GroupMember, from: number, to: number) {
      const area = chart.area();
      selection.hidden = area === null;
      if (area === null) return;
      selection.style.transform = `translate(${Math.min(from, to)}px, ${area.top}px)`;
      selection.style.width = `${Math.abs(to - from)}px`;
      selection.style.height = `${area.bottom - area.top}px`;
    },
    endSelect() {
      selection.hidden = true;
    },
  };
}

type Overlay = ReturnType<typeof createOverlay>;

function listenToPointer(
  member: GroupMember,
  overlay: Overlay,
  moveTo: (x: number | null) => void,
  onRange: (range: Range | null) => void,
): void {
  const { chart } = member;
  const { root } = chart;
  let start: number | null = null;
  const pixelOf = (event: PointerEvent) => {
    const area = chart.area();
    const pixel = event.clientX - root.getBoundingClientRect().left;
    return area === null ? pixel : Math.min(area.right, Math.max(area.left, pixel));
  };
  root.addEventListener('pointermove', event => {
    const pixel = pixelOf(event);
    if (start !== null && Math.abs(pixel - start) > 4) overlay.select(member, start, pixel);
    moveTo(snap(member, chart.xOfPixel(pixel)));
  });
  root.addEventListener('pointerleave', () => {
    if (start === null) moveTo(null);
  });
  root.addEventListener('pointerdown', event => {
    if (event.button !== 0) return;
    start = pixelOf(event);
    root.setPointerCapture(event.pointerId);
  });
  const end = (event: PointerEvent) => {
    const begun = start;
    start = null;
    overlay.endSelect();
    if (begun === null || event.type === 'pointercancel') return;
    const pixel = pixelOf(event);
    if (Math.abs(pixel - begun) < 8) return;
    onRange({ from: chart.xOfPixel(Math.min(begun, pixel)), to: chart.xOfPixel(Math.max(begun, pixel)) });
  };
  root.addEventListener('pointerup', end);
  root.addEventListener('pointercancel', end);
  root.addEventListener('dblclick', () => onRange(null));
}

/** The position of a value of the first curve, so that what is read off was really measured there. */
function snap({ tracked }: GroupMember, x: number): number {
  const positions = tracked()[0]?.x;
  if (positions === undefined) return x;
  return positions[nearestIndex(positions, x)] ?? x;
}

function positionForKey({ key, shiftKey }: KeyboardEvent, member: GroupMember, cursor: number | null): number | null {
  const { chart, tracked } = member;
  const positions = tracked()[0]?.x;
  const area = chart.area();
  if (positions === undefined || positions.length === 0 || area === null) return null;
  const { from, to } = chart.range();
  const first = Math.max(0, nearestIndex(positions, from));
  const last = Math.max(0, nearestIndex(positions, to));
  const pages = key === 'PageUp' || key === 'PageDown' ? 10 : 1;
  const direction = key === 'ArrowRight' || key === 'PageDown' ? 1 : key === 'ArrowLeft' || key === 'PageUp' ? -1 : 0;
  if (key === 'Home') return positions[first] ?? null;
  if (key === 'End') return positions[last] ?? null;
  if (direction === 0) return null;
  if (cursor === null) return positions[direction > 0 ? first : last] ?? null;
  const now = nearestIndex(positions, cursor);
  const pixels = ((area.right - area.left) / 100) * pages * direction;
  const far = shiftKey ? now : nearestIndex(positions, chart.xOfPixel(chart.pixelOfX(cursor) + pixels));
  const next = far === now ? now + direction : far;
  return positions[Math.min(last, Math.max(first, next))] ?? null;
}

/** Undefined: not a key of the zoom. */
function rangeForKey(key: string, chart: LineChart, cursor: number | null): Range | null | undefined {
  const area = chart.area();
  if (key === '0') return null;
  if (area === null || !['+', '=', '-'].includes(key)) return undefined;
  const center = cursor === null ? (area.left + area.right) / 2 : chart.pixelOfX(cursor);
  const half = ((area.right - area.left) / 2) * (key === '-' ? 2 : 0.5);
  const [from, to] = [chart.xOfPixel(center - half), chart.xOfPixel(center + half)];
  const full = chart.fullRange();
  return from <= full.from && to >= full.to ? null : { from, to };
}
