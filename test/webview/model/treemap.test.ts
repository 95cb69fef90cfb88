import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Box } from '../../../webview/model/scene';
import { layTree, squarify, type TreeNode, type TreeTile } from '../../../webview/model/treemap';

const box: Box = { x: 10, y: 20, width: 600, height: 400 };
const weightsOf = fc
  .array(fc.double({ min: 0.01, max: 1000, noNaN: true }), { minLength: 1, maxLength: 30 })
  .map(weights => weights.sort((a, b) => b - a));

test('areas are weights, and the box is filled without overlap', () => {
  fc.assert(
    fc.property(weightsOf, weights => {
      const boxes = squarify(weights, box);
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const whole = box.width * box.height;
      for (const [index, { x, y, width, height }] of boxes.entries()) {
        expect(width * height).toBeCloseTo(((weights[index] ?? 0) / total) * whole, 3);
        expect(x).toBeGreaterThanOrEqual(box.x - 1e-6);
        expect(y).toBeGreaterThanOrEqual(box.y - 1e-6);
        expect(x + width).toBeLessThanOrEqual(box.x + box.width + 1e-6);
        expect(y + height).toBeLessThanOrEqual(box.y + box.height + 1e-6);
        for (const other of boxes.slice(0, index)) {
          const across = Math.min(x + width, other.x + other.width) - Math.max(x, other.x);
          const down = Math.min(y + height, other.y + other.height) - Math.max(y, other.y);
          expect(Math.min(across, down)).toBeLessThanOrEqual(1e-6);
        }
      }
    }),
    { numRuns: 100 },
  );
});

test('the example of the paper', () => {
  // 6, 6, 4, 3, 2, 2, 1 in 6 by 4: the first two stand on top of each other at the left, 3 wide.
  const boxes = squarify([6, 6, 4, 3, 2, 2, 1], { x: 0, y: 0, width: 6, height: 4 });
  expect(boxes[0]).toEqual({ x: 0, y: 0, width: 3, height: 2 });
  expect(boxes[1]).toEqual({ x: 0, y: 2, width: 3, height: 2 });
});

test('nothing to show takes no room', () => {
  expect(squarify([], box)).toEqual([]);
  expect(squarify([0, 0], box).every(({ width, height }) => width * height === 0)).toBe(true);
});

test('a tree lies inside of its headers', () => {
  const leaf = (weight: number): TreeNode<string> => ({ label: 'leaf', weight, children: [], leaf: 'leaf' });
  const tree: TreeNode<string> = {
    label: '',
    weight: 10,
    children: [{ label: 'part', weight: 6, children: [leaf(4), leaf(2), leaf(0)] }, leaf(4)],
  };
  const tile = layTree(tree, box, { headerOf: depth => (depth === 0 ? 0 : 18), gapOf: () => 2 });
  const inside = (outer: TreeTile<string>) => {
    for (const child of outer.children) {
      expect(child.box.x).toBeGreaterThanOrEqual(outer.box.x);
      expect(child.box.y).toBeGreaterThanOrEqual(outer.box.y + (outer.depth === 0 ? 0 : 18));
      expect(child.box.y + child.box.height).toBeLessThanOrEqual(outer.box.y + outer.box.height + 1e-6);
      inside(child);
    }
  };
  inside(tile);
  // What weighs nothing is not there.
  expect(tile.children[0]?.children.length).toBe(2);
});
