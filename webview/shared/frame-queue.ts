/** Time that drawings may take of one frame; the rest waits for the next, so that the page answers in between. */
const budgetMs = 8;

const waiting = new Set<() => void>();
let frame = 0;

/** Runs `draw` in one of the next frames, once however often it is asked for. The first in a frame always runs. */
export function queueDrawing(draw: () => void): void {
  waiting.add(draw);
  if (frame === 0) frame = requestAnimationFrame(run);
}

export function cancelDrawing(draw: () => void): void {
  waiting.delete(draw);
}

function run(): void {
  frame = 0;
  const end = performance.now() + budgetMs;
  for (const draw of waiting) {
    waiting.delete(draw);
    draw();
    if (performance.now() >= end) break;
  }
  if (waiting.size > 0) frame = requestAnimationFrame(run);
}

/** Calls `update` at once when the last call is long ago, else at the end of `intervalMs`: for data that stream in. */
export function throttle(update: () => void, intervalMs: number): { request(): void; now(): void } {
  let last = Number.NEGATIVE_INFINITY;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const now = () => {
    clearTimeout(timer);
    timer = undefined;
    last = performance.now();
    queueDrawing(update);
  };
  return {
    now,
    request() {
      if (timer !== undefined) return;
      const wait = last + intervalMs - performance.now();
      if (wait <= 0) now();
      else timer = setTimeout(now, wait);
    },
  };
}
