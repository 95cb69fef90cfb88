import { formatCount, formatInteger, formatPercent } from '../../src/base/format';
import type { PartMessage } from '../../src/protocol/model-panel';
import { withAlpha } from '../shared/color';
import { roleColor, roleOf } from './palette';
import { partId } from './parts';
import { type Pen, shareWords, textSize } from './pen';
import { type Box, rect, type Scene, type Shape, text } from './scene';
import { cut } from './text-fit';
import { layTree, type TreeNode, type TreeTile } from './treemap';

/** What areas stand for: all parameters, or those that one token uses. */
export type AreaMeasure = 'total' | 'active';

interface Leaf {
  readonly id: string;
  readonly part: PartMessage;
  readonly uses: number;
  readonly tensor: PartMessage['tensors'][number];
}

const headerHeight = 18;
const { body: size } = textSize;

/** The parameters of a model as areas: kinds of layers, their parts, their tensors. */
export function drawTreemap(pen: Pen, measure: AreaMeasure, width: number, height: number): Scene {
  const { model, theme } = pen;
  const root = treeOf(pen, measure);
  const tile = layTree(
    root,
    { x: 0, y: 0, width, height },
    {
      headerOf: (depth, box) => (depth === 0 ? 0 : box.height > 46 && box.width > 40 ? headerHeight : 0),
      gapOf: depth => (depth === 0 ? 0 : 2),
    },
  );
  const shapes: Shape[] = [];
  drawTile(pen, tile, root.weight, shapes);
  const what = measure === 'total' ? 'parameters' : 'parameters that one token uses';
  return {
    width,
    height,
    title: `${formatInteger(root.weight)} ${what} of ${model.reference.model} as areas`,
    shapes: shapes.length > 0 ? shapes : [rect(0, 0, width, height, { fill: withAlpha(theme.foreground, 0.05) })],
  };
}

function treeOf({ model }: Pen, measure: AreaMeasure): TreeNode<Leaf> {
  const partNode = (id: string, part: PartMessage, uses: number): TreeNode<Leaf> => {
    const children = part.tensors
      .filter(tensor => tensor[measure] > 0)
      .map(tensor => ({
        label: tensor.name.replaceAll('_', ' '),
        weight: tensor[measure] * uses,
        children: [],
        leaf: { id: `${id} / tensor ${tensor.name}`, part, uses, tensor },
      }));
    const weight = part[measure] * uses;
    const [only] = children;
    // A part of one tensor is that tensor.
    if (children.length === 1 && only) return { ...only, label: part.title };
    return { label: part.title, weight, children };
  };
  const outside = [...model.before, ...model.behind].map(part => partNode(partId(null, part.word), part, 1));
  const layers = model.layers.map(({ name, uses, branches, ...layer }): TreeNode<Leaf> => {
    const parts = branches.flatMap(({ body, before, after }) => [
      ...(before ? [partNode(partId(name, body.word, 'norm before'), before, uses)] : []),
      partNode(partId(name, body.word), body, uses),
      ...(after ? [partNode(partId(name, body.word, 'norm after'), after, uses)] : []),
    ]);
    return { label: uses === 1 ? name : `${name} × ${uses}`, weight: layer[measure] * uses, children: parts };
  });
  const children = [...outside, ...layers];
  return { label: '', weight: children.reduce((sum, { weight }) => sum + weight, 0), children };
}

function drawTile(pen: Pen, tile: TreeTile<Leaf>, whole: number, shapes: Shape[]): void {
  const { theme, measure } = pen;
  const { node, box, depth, children } = tile;
  if (box.width < 0.7 || box.height < 0.7) return;
  if (node.leaf) {
    shapes.push(drawLeaf(pen, node, node.leaf, box, whole));
    return;
  }
  const hasHeader = depth > 0 && box.height > 46 && box.width > 40;
  if (depth > 0) {
    const color = children[0]?.node.leaf ? roleColor(theme, roleOf(children[0].node.leaf.part)) : theme.foreground;
    shapes.push(
      rect(box.x + 0.5, box.y + 0.5, Math.max(0, box.width - 1), Math.max(0, box.height - 1), {
        radius: 3,
        fill: withAlpha(depth === 1 ? theme.foreground : color, depth === 1 ? 0.05 : 0.1),
        stroke: withAlpha(theme.foreground, theme.highContrast ? 0.8 : depth === 1 ? 0.25 : 0.1),
      }),
    );
  }
  if (hasHeader) {
    const share = shareWords(node.weight / whole);
    const room = box.width - 12;
    const shareWidth = measure(share, size) + 8;
    const withShare = room - shareWidth > 40;
    shapes.push(
      text(box.x + 6, box.y + 13, cut(node.label, withShare ? room - shareWidth : room, size, measure, depth === 1), {
        fill: theme.foreground,
        size,
        bold: depth === 1,
      }),
    );
    if (withShare)
      shapes.push(text(box.x + box.width - 6, box.y + 13, share, { fill: theme.muted, size, anchor: 'end' }));
  }
  for (const child of children) drawTile(pen, child, whole, shapes);
}

function drawLeaf(pen: Pen, node: TreeNode<Leaf>, leaf: Leaf, box: Box, whole: number): Shape {
  const { theme, measure } = pen;
  const { id, part, uses, tensor } = leaf;
  const color = roleColor(theme, roleOf(part));
  const [x, y] = [box.x + 0.75, box.y + 0.75];
  const [width, height] = [Math.max(0.5, box.width - 1.5), Math.max(0.5, box.height - 1.5)];
  const share = shareWords(node.weight / whole);
  const times = uses > 1 ? ` × ${uses}` : '';
  const room = width - 10;
  const active = tensor.total === 0 ? 1 : tensor.active / tensor.total;
  const strength = theme.highContrast ? 0.2 : 0.3;
  const inner: Shape[] = [
    rect(x, y, width, height, { radius: 2, fill: withAlpha(color, strength), stroke: withAlpha(color, 0.7) }),
  ];
  // What one token uses of it, as a share of its area.
  if (active < 1 && node.weight === tensor.total * uses)
    inner.push(rect(x, y + height * (1 - active), width, height * active, { radius: 2, fill: withAlpha(color, 0.55) }));
  if (height >= 16 && room > 16) {
    // A letter or two of a name say nothing.
    if (room > 34 || measure(node.label, size) <= room)
      inner.push(text(x + 5, y + 13, cut(node.label, room, size, measure), { fill: theme.foreground, size }));
    const below = `${formatCount(node.weight)} · ${share}`;
    if (height >= 32 && measure(below, size) <= room)
      inner.push(text(x + 5, y + 28, below, { fill: theme.muted, size }));
  }
  return {
    kind: 'part',
    id,
    label: `${node.label}: ${formatInteger(node.weight)} parameters, ${share}`,
    place: part.place,
    box: { x, y, width, height },
    radius: 2,
    details: {
      title: `${part.title}: ${tensor.name.replaceAll('_', ' ')}`,
      rows: [
        ['shape', tensor.shape],
        ['parameters', `${formatInteger(tensor.total)}${times}`],
        ['share', share],
        ...(active < 1
          ? [['active per token', `${formatInteger(tensor.active)} (${formatPercent(active)})`] as const]
          : []),
      ],
      settings: [],
    },
    shapes: inner,
  };
}
