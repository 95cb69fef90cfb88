import { formatCount, formatInteger, formatPercent } from '../../base/format';
import type { Span } from '../../base/text';
import type { Block } from '../syntax/tree';
import type { Analysed } from './analysed';
import { type BlockCost, blockCosts } from './block-cost';

/** A short text behind a piece of code. */
export interface InlayHint {
  readonly offset: number;
  readonly label: string;
  /** The exact numbers, as markdown. */
  readonly tooltip: string;
}

/** Parts below this share of their model get no hint: they would only be noise. */
const smallestShare = 0.001;

/** Parameters behind every block that has some, with its share of the model, and the number of layers behind a pattern. */
export function inlayHints({ file, text }: Analysed, within: Span): readonly InlayHint[] {
  const hints: InlayHint[] = [];
  for (const [block, cost] of blockCosts(file)) {
    const offset = headerEnd(block, text);
    if (cost.each.total === 0 || cost.share < smallestShare) {
      if (cost.what !== 'layer' || cost.each.total === 0) continue;
    }
    if (offset < within.start || offset > within.end) continue;
    hints.push({ offset, label: labelOf(cost), tooltip: tooltipOf(cost) });
  }
  for (const { spec, resolved, approximate } of file.models) {
    const layers = resolved.settings.get('layers');
    const setting = layers?.origin === 'written' ? layers.setting : undefined;
    if (!spec || !setting || approximate || setting.end < within.start || setting.end > within.end) continue;
    const count = spec.stack.length;
    const kinds = spec.kinds.map(({ name }) => `${spec.stack.filter(layer => layer === name).length} × ${name}`);
    hints.push({
      offset: setting.end,
      label: `${count} ${count === 1 ? 'layer' : 'layers'}`,
      tooltip: `${formatInteger(count)} layers: ${kinds.join(', ')}`,
    });
  }
  return hints.sort((a, b) => a.offset - b.offset);
}

/** Behind the opening brace of a block over several lines, else behind the block. */
function headerEnd({ body, end }: Block, text: string): number {
  return body && /[\r\n]/.test(text.slice(body.start, body.end)) ? body.start + 1 : end;
}

function labelOf({ what, each, uses, share, model }: BlockCost): string {
  const count = `${model.approximate ? '≈ ' : ''}${formatCount(each.total)}`;
  if (what === 'model') return count;
  if (what === 'layer' && uses === 0) return `${count} · unused`;
  return `${count}${what === 'layer' && uses > 1 ? ` × ${uses}` : ''} · ${formatPercent(share)}`;
}

function tooltipOf({ what, each, uses, share, model }: BlockCost): string {
  const total = `${formatInteger(each.total)} parameters`;
  const active = each.active === each.total ? '' : `, ${formatInteger(each.active)} active per token`;
  const near = model.approximate ? '\n\nNear, not exact: something in the model is broken.' : '';
  if (what === 'model') return `${total}${active}${near}`;
  if (uses === 0) return `${total}${active} in a layer that the pattern does not use${near}`;
  const all = uses === 1 ? '' : ` in each of ${uses} layers, ${formatInteger(each.total * uses)} in all of them`;
  return `${total}${all}${active}: ${formatPercent(share)} of ${model.name}${near}`;
}
