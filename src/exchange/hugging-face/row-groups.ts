import type { Weight } from '../../architecture/component';

type Grouped = Pick<Weight, 'hfRows' | 'shape'>;

/** A published tensor whose rows lie in groups (`hfRows`) with its rows in the order of the table; others as they are. */
export const fromRowGroups = (data: Float32Array, entry: Grouped): Float32Array =>
  regrouped(data, entry, (row, published) => [row, published]);

/** A tensor of the table with its rows in the order in which they are published. */
export const toRowGroups = (data: Float32Array, entry: Grouped): Float32Array =>
  regrouped(data, entry, (row, published) => [published, row]);

function regrouped(
  data: Float32Array,
  { hfRows, shape }: Grouped,
  direction: (row: number, published: number) => readonly [to: number, from: number],
): Float32Array {
  if (hfRows === undefined) return data;
  const [rows = 1] = Object.values(shape);
  const size = data.length / rows;
  const result = new Float32Array(data.length);
  publishedRows(hfRows).forEach((row, published) => {
    const [to, from] = direction(row, published);
    result.set(data.subarray(from * size, (from + 1) * size), to * size);
  });
  return result;
}

/** The rows of the table in the order in which they are published: group by group, of each part its share. */
function publishedRows({ groups, parts }: NonNullable<Weight['hfRows']>): number[] {
  const starts = parts.map((_, index) => parts.slice(0, index).reduce((sum, size) => sum + size, 0));
  return Array.from({ length: groups }, (_, group) =>
    parts.flatMap((size, part) => {
      const share = size / groups;
      return Array.from({ length: share }, (_, row) => (starts[part] ?? 0) + group * share + row);
    }),
  ).flat();
}
