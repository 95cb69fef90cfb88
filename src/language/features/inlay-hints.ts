import type { LayerCost } from '../../architecture/costs';
import { formatCount, formatInteger, formatPercent } from '../../base/format';
import type { Span } from '../../base/text';
import type { ResolvedModel } from '../analysis/resolved';
import type { Block } from '../syntax/tree';
import type { Analysed } from './analysed';
import { type BlockCost, modelBlockCosts } from './block-cost';
import { solvedMarkdown } from './solved';

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
  const add = (offset: number, label: string, tooltip: string) => {
    if (within.start <= offset && offset <= within.end) hints.push({ offset, label, tooltip });
  };
  // Editors ask for what can be seen: the other models of a long file need no counting.
  for (const model of file.models) {
    if (model.block.end < within.start || model.block.start > within.end) continue;
    for (const [block, cost] of modelBlockCosts(model)) {
      const isNoise = cost.what !== 'layer' && cost.share < smallestShare;
      if (cost.each.total > 0 && !isNoise) add(headerEnd(block, text), labelOf(cost), tooltipOf(cost));
    }
    addStack(model, add);
    addSolved(model, add);
  }
  return hints.sort((a, b) => a.offset - b.offset);
}

/** The number of layers behind a pattern. */
function addStack(
  { spec, resolved, approximate }: ResolvedModel,
  add: (...hint: [number, string, string]) => void,
): void {
  const layers = resolved.settings.get('layers');
  const setting = layers?.origin === 'written' ? layers.setting : undefined;
  if (!spec || !setting || approximate) return;
  const count = spec.stack.length;
  const kinds = spec.kinds.map(({ name }) => `${spec.stack.filter(layer => layer === name).length} × ${name}`);
  const label = `${count} ${count === 1 ? 'layer' : 'layers'}`;
  add(setting.end, label, `${formatInteger(count)} ${count === 1 ? 'layer' : 'layers'}: ${kinds.join(', ')}`);
}

/** What `auto` stands for. */
function addSolved({ solved }: ResolvedModel, add: (...hint: [number, string, string]) => void): void {
  if (solved?.own) add(solved.word.end, `= ${solved.best.value}`, solvedMarkdown(solved));
}

/** Behind the opening brace of a block over several lines, else behind the block. */
function headerEnd({ body, end }: Block, text: string): number {
  return body && /[\r\n]/.test(text.slice(body.start, body.end)) ? body.start + 1 : end;
}

function labelOf({ what, each, uses, share, model, layer }: BlockCost): string {
  const count = `${model.approximate ? '≈ ' : ''}${formatCount(each.total)}`;
  if (what === 'model') return count;
  if (what === 'layer' && uses === 0) return `${count} · ${isAhead(layer, model) ? 'mtp' : 'unused'}`;
  return `${count}${what === 'layer' && uses > 1 ? ` × ${uses}` : ''} · ${formatPercent(share)}`;
}

/** Whether a layer stands in a prediction module. */
const isAhead = (layer: LayerCost | undefined, { spec }: ResolvedModel): boolean =>
  spec?.mtp?.some(({ name }) => name === layer?.name) ?? false;

function tooltipOf({ what, each, uses, share, model, layer }: BlockCost): string {
  const total = `${formatInteger(each.total)} parameters`;
  const active = each.active === each.total ? '' : `, ${formatInteger(each.active)} active per token`;
  const near = model.approximate ? '\n\nNear, not exact: something in the model is broken.' : '';
  if (what === 'model') return `${total}${active}${near}`;
  if (uses === 0 && isAhead(layer, model)) {
    return `${total}${active} in each prediction module, for training: not part of the total${near}`;
  }
  if (uses === 0) return `${total}${active} in a layer that the pattern does not use${near}`;
  const all = uses === 1 ? '' : ` in each of ${uses} layers, ${formatInteger(each.total * uses)} in all of them`;
  return `${total}${all}${active}: ${formatPercent(share)} of ${model.name}${near}`;
}
