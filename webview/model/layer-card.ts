import { formatCount } from '../../src/base/format';
import type { LayerMessage } from '../../src/protocol/model-panel';
import { withAlpha } from '../shared/color';
import { type Drawn, drawBlock, drawPill, pillHeight } from './part-block';
import { partId } from './parts';
import { differenceColor, isMarked, type Pen, shareOf, shareWords, textSize } from './pen';
import { arrowHead, path, rect, type Shape, text } from './scene';
import { cut } from './text-fit';

/** Where the residual stream runs, from the left edge of a card. */
const streamAt = 20;
/** Where the outputs of parallel branches come together. */
const railAt = 31;
const branchAt = 42;
const headHeight = 48;

/** One kind of layer: the residual stream with what reads from it and adds to it. */
export function drawLayer(pen: Pen, layer: LayerMessage, x: number, y: number, width: number): Drawn {
  const { theme, measure } = pen;
  const stream = x + streamAt;
  const inner = x + branchAt;
  const innerWidth = width - branchAt - 12;
  const flowInk = { stroke: withAlpha(theme.foreground, theme.highContrast ? 1 : 0.55), strokeWidth: 1.5 } as const;
  const flowFill = flowInk.stroke;
  const lines: Shape[] = [];
  const parts: Shape[] = [];
  let top = y + headHeight + 12;
  const start = y + headHeight - 2;
  let lastAdd = start;

  for (const [index, { body, before, after }] of layer.branches.entries()) {
    const last = index === layer.branches.length - 1;
    const id = (...words: readonly string[]) => partId(layer.name, body.word, ...words);
    const tap = top + pillHeight / 2;
    // From the stream into the branch.
    lines.push(path(`M${stream} ${tap}H${inner - 2}`, flowInk), arrowHead(inner - 1, tap, 'right', flowFill));
    lines.push(path(`M${stream - 2.5} ${tap}a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0 -5 0Z`, { fill: flowFill }));
    if (before) {
      const pill = drawPill(pen, {
        id: id('norm before'),
        label: `${layer.name}, norm before ${body.word}`,
        part: before,
        uses: layer.uses,
        x: inner,
        y: top,
        width: innerWidth,
      });
      parts.push(pill);
      lines.push(
        path(`M${inner + 18} ${top + pillHeight}v9`, flowInk),
        arrowHead(inner + 18, top + pillHeight + 10, 'down', flowFill),
      );
      top += pillHeight + 10;
    }
    const block = drawBlock(pen, {
      id: id(),
      label: `${layer.name} ${body.word}`,
      part: body,
      uses: layer.uses,
      x: inner,
      y: top,
      width: innerWidth,
    });
    parts.push(...block.shapes);
    top += block.height;
    // Back to the stream.
    const add = top + 10 + pillHeight / 2;
    const end = layer.parallel ? x + railAt : stream + 9;
    if (after) {
      const pill = drawPill(pen, {
        id: id('norm after'),
        label: `${layer.name}, norm after ${body.word}`,
        part: after,
        uses: layer.uses,
        x: inner,
        y: top + 10,
        width: innerWidth,
      });
      lines.push(path(`M${inner + 18} ${top}v10`, flowInk));
      lines.push(path(`M${inner} ${add}H${end}`, flowInk));
      parts.push(pill);
    } else {
      lines.push(path(`M${inner + 18} ${top}v${add - top - 6}q0 6 -6 6H${end}`, flowInk));
    }
    if (layer.parallel && index > 0) lines.push(path(`M${x + railAt} ${lastAdd}V${add}`, flowInk));
    if (layer.parallel && last) lines.push(path(`M${x + railAt} ${add}H${stream + 9}`, flowInk));
    if (!layer.parallel || last)
      lines.push(arrowHead(stream + 9, add, 'left', flowFill), ...plus(stream, add, pen, flowInk.stroke));
    lastAdd = add;
    top = add + pillHeight / 2 + 8;
  }
  const height = Math.max(top, lastAdd + 20) + 6 - y;
  const end = y + height - 3;
  const share = shareWords(shareOf(pen, layer, layer.uses));
  const each = layer.uses === 1 ? formatCount(layer.total) : `${formatCount(layer.total)} each`;
  const times = layer.uses === 1 ? '' : `× ${layer.uses}`;
  const titleRoom = width - 28 - measure(times, textSize.title, true) - 10;
  const parallel = layer.parallel ? ' · branches in parallel' : '';
  const only = isMarked(pen, partId(layer.name));
  const frame: Shape = {
    kind: 'part',
    id: partId(layer.name),
    label: `layer ${layer.name}, ${layer.uses} times, ${each}, ${share} of the model`,
    place: layer.place,
    box: { x, y, width, height: headHeight },
    radius: 8,
    details: {
      title: `layer ${layer.name}`,
      rows: [
        ['parameters', layer.uses === 1 ? formatCount(layer.total) : `${formatCount(layer.total)} × ${layer.uses}`],
        ['share of the model', share],
      ],
      settings: [],
    },
    shapes: [
      text(x + 14, y + 20, cut(layer.name, titleRoom, textSize.title, measure, true), {
        fill: theme.foreground,
        size: textSize.title,
        bold: true,
      }),
      text(x + width - 14, y + 20, times, {
        fill: theme.foreground,
        size: textSize.title,
        bold: true,
        anchor: 'end',
      }),
      ...(only
        ? [
            text(x + width - 14, y + 37, '≠ only here', {
              fill: differenceColor(pen),
              size: textSize.body,
              bold: true,
              anchor: 'end',
            }),
          ]
        : []),
      text(
        x + 14,
        y + 37,
        cut(`${each} · ${share} of the model${parallel}`, width - (only ? 110 : 28), textSize.body, measure),
        {
          fill: theme.muted,
          size: textSize.body,
        },
      ),
    ],
  };
  return {
    height,
    shapes: [
      rect(x, y, width, height, {
        radius: 8,
        fill: withAlpha(theme.foreground, 0.03),
        stroke: withAlpha(theme.foreground, theme.highContrast ? 1 : 0.22),
      }),
      frame,
      path(`M${stream} ${start}V${end}`, flowInk),
      arrowHead(stream, end + 2, 'down', flowFill),
      ...lines,
      ...parts,
    ],
  };
}

/** Where a branch is added to the stream. */
function plus(x: number, y: number, { theme }: Pen, stroke: string): readonly Shape[] {
  return [
    path(`M${x - 8} ${y}a8 8 0 1 0 16 0a8 8 0 1 0 -16 0Z`, { fill: theme.background, stroke, strokeWidth: 1.5 }),
    path(`M${x - 4} ${y}h8M${x} ${y - 4}v8`, { stroke, strokeWidth: 1.5 }),
  ];
}
