/**
 * Chooses at most `limit` points of a curve to draw, so that the picture looks as if all were drawn: the x range is cut
 * into equal parts, and each part gives its first, last, lowest and highest point. A spike of a single point is never lost.
 *
 * `x` must not fall. Points whose y is not finite are left out. Returns the chosen indices in rising order; the
 * first and last point are always among them. For a logarithmic axis give the logarithms.
 */
export function downsample(x: ArrayLike<number>, y: ArrayLike<number>, limit: number): number[] {
  if (limit < 8) throw new RangeError(`downsample expects a limit of at least 8 points, got ${limit}`);
  const usable: number[] = [];
  for (let index = 0; index < x.length; index++) {
    if (Number.isFinite(y[index]) && Number.isFinite(x[index])) usable.push(index);
  }
  if (usable.length <= limit) return usable;
  const at = (position: number) => usable[position] as number;
  const start = x[at(0)] as number;
  const span = (x[at(usable.length - 1)] as number) - start;
  const parts = Math.floor(limit / 4);
  const partOf = (index: number) =>
    span === 0 ? 0 : Math.min(parts - 1, Math.floor((((x[index] as number) - start) / span) * parts));
  const chosen: number[] = [];
  for (let position = 0; position < usable.length; ) {
    const part = partOf(at(position));
    const first = at(position);
    let lowest = first;
    let highest = first;
    let last = first;
    for (; position < usable.length && partOf(at(position)) === part; position++) {
      last = at(position);
      if ((y[last] as number) < (y[lowest] as number)) lowest = last;
      if ((y[last] as number) > (y[highest] as number)) highest = last;
    }
    for (const index of [...new Set([first, lowest, highest, last])].sort((a, b) => a - b)) chosen.push(index);
  }
  return chosen;
}
