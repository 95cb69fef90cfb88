import { formatCount } from '../../base/format';
import type { Span } from '../../base/text';
import type { Block, Body, Document } from '../syntax/tree';
import type { Analysed } from './analysed';
import { blockCosts } from './block-cost';
import { sourceOf } from './source';

/** An entry of the outline. */
export interface OutlineItem {
  readonly name: string;
  readonly detail: string;
  readonly kind: 'model' | 'layer' | 'data' | 'train' | 'component' | 'setting';
  /** All of it. */
  readonly span: Span;
  /** The name of it. */
  readonly selection: Span;
  readonly children: readonly OutlineItem[];
}

/** The outline of a file: blocks with their settings, models and layers with their sizes. */
export function outline(analysed: Analysed): readonly OutlineItem[] {
  return itemsOf(analysed, analysed.file.document);
}

function itemsOf(analysed: Analysed, holder: Document | Body): OutlineItem[] {
  return holder.items.flatMap(item => {
    if (item.kind === 'block') return item.keyword.text === '' ? [] : [blockItem(analysed, item)];
    if (item.kind !== 'setting' || item.name.text === '') return [];
    const detail = sourceOf(analysed, item.value);
    return [{ name: item.name.text, detail, kind: 'setting', span: item, selection: item.name, children: [] } as const];
  });
}

function blockItem(analysed: Analysed, block: Block): OutlineItem {
  const keyword = block.keyword.text;
  const cost = blockCosts(analysed.file).get(block);
  const named = keyword === 'model' || keyword === 'layer' || keyword === 'data' || keyword === 'train';
  const label = block.label?.text ?? '';
  const size =
    cost && cost.each.total > 0 ? `${formatCount(cost.each.total)}${cost.uses > 1 ? ` × ${cost.uses}` : ''}` : '';
  const base = block.from?.text ? `from ${block.from.text}` : '';
  return {
    name: named && label !== '' ? label : [keyword, label].filter(Boolean).join(' '),
    detail: [named && label !== '' ? keyword : '', base, size].filter(Boolean).join(' · '),
    kind: named ? keyword : 'component',
    span: block,
    selection: named && block.label ? block.label : block.keyword,
    children: block.body ? itemsOf(analysed, block.body) : [],
  };
}
