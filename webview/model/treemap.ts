import type { Box } from './scene';

/** Something with a weight, and with parts of it. */
export interface TreeNode<Leaf> {
  readonly label: string;
  readonly weight: number;
  readonly children: readonly TreeNode<Leaf>[];
  /** What a leaf stands for. */
  readonly leaf?: Leaf;
}

/** A node with the rectangle that is its share of the whole. */
export interface TreeTile<Leaf> {
  readonly node: TreeNode<Leaf>;
  readonly box: Box;
  readonly depth: number;
  readonly children: readonly TreeTile<Leaf>[];
}

export interface TreemapOptions {
  /** Room inside a node above its children, for its label; 0 where there is none. */
  readonly headerOf: (depth: number, box: Box) => number;
  readonly gapOf: (depth: number) => number;
}

/** Lays a tree out in a box: areas are weights, but for headers and gaps. */
export function layTree<Leaf>(
  node: TreeNode<Leaf>,
  box: Box,
  { headerOf, gapOf }: TreemapOptions,
  depth = 0,
): TreeTile<Leaf> {
  const header = node.children.length === 0 ? 0 : headerOf(depth, box);
  const gap = node.children.length === 0 ? 0 : gapOf(depth);
  const inner = {
    x: box.x + gap,
    y: box.y + header + (header === 0 ? gap : 0),
    width: Math.max(0, box.width - 2 * gap),
    height: Math.max(0, box.height - header - gap - (header === 0 ? gap : 0)),
  };
  const shown = node.children.filter(({ weight }) => weight > 0).sort((a, b) => b.weight - a.weight);
  const boxes = squarify(
    shown.map(({ weight }) => weight),
    inner,
  );
  const children = shown.flatMap((child, index) => {
    const place = boxes[index];
    return place ? [layTree(child, place, { headerOf, gapOf }, depth + 1)] : [];
  });
  return { node, box, depth, children };
}

/**
 * Fills a box with one rectangle per weight, areas in proportion, as near to squares as a simple rule gets: rows along the
 * shorter side, a weight joining the row while that makes the row's worst rectangle squarer (Bruls, Huizing and van Wijk,
 * "Squarified Treemaps", 2000). Weights are positive and come heaviest first.
 */
export function squarify(weights: readonly number[], box: Box): readonly Box[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total <= 0 || box.width <= 0 || box.height <= 0) return weights.map(() => ({ ...box, width: 0, height: 0 }));
  const scale = (box.width * box.height) / total;
  const placed: Box[] = [];
  let rest = box;
  let index = 0;
  while (index < weights.length) {
    const side = Math.min(rest.width, rest.height);
    const row: number[] = [];
    while (index + row.length < weights.length) {
      const next = (weights[index + row.length] ?? 0) * scale;
      if (row.length > 0 && worst([...row, next], side) > worst(row, side)) break;
      row.push(next);
    }
    const area = row.reduce((sum, value) => sum + value, 0);
    const isTall = rest.width >= rest.height;
    const thickness = side === 0 ? 0 : area / side;
    let along = 0;
    for (const value of row) {
      const length = thickness === 0 ? 0 : value / thickness;
      placed.push(
        isTall
          ? { x: rest.x, y: rest.y + along, width: thickness, height: length }
          : { x: rest.x + along, y: rest.y, width: length, height: thickness },
      );
      along += length;
    }
    rest = isTall
      ? { ...rest, x: rest.x + thickness, width: Math.max(0, rest.width - thickness) }
      : { ...rest, y: rest.y + thickness, height: Math.max(0, rest.height - thickness) };
    index += row.length;
  }
  return placed;
}

/** The largest ratio of sides in a row of areas along a side. */
function worst(row: readonly number[], side: number): number {
  const area = row.reduce((sum, value) => sum + value, 0);
  const thickness = area / side;
  return Math.max(
    ...row.map(value => {
      const length = value / thickness;
      return Math.max(length / thickness, thickness / length);
    }),
  );
}
