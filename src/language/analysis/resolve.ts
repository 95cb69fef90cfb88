import { topBlocks } from '../../architecture/blocks';
import type { Block, Document, Setting } from '../syntax/tree';
import { isBlock, reportMisplaced } from './check-words';
import { type Context, openContext, type ResolveOptions, report, suggestionFix } from './context';
import { declare, type NameTable } from './names';
import type { Problem } from './problem';
import { openRecall, type Recall } from './recall';
import { resolveData, standardData } from './resolve-data';
import { modelResolver } from './resolve-model';
import { resolveTrain } from './resolve-train';
import type { ResolvedFile } from './resolved';
import { nearest } from './suggest';
import { isTopBlock, ownersOf } from './vocabulary';

/**
 * Finds out what a file means. Words, defaults, units and ranges come from the registry. Never throws for anything that
 * a user may write: what is wrong is reported, and something sensible stands in for it, marked as approximate.
 */
export function resolve(
  document: Document,
  options: ResolveOptions = {},
  recall: Recall = openRecall(),
): { readonly value: ResolvedFile; readonly problems: readonly Problem[] } {
  const context = openContext(document, options);
  const names = { model: new Map(), data: new Map(), train: new Map() } satisfies Record<string, NameTable>;
  const blocks = { model: [] as Block[], data: [] as Block[], train: [] as Block[] };
  for (const item of document.items) {
    if (item.kind === 'setting') reportLoose(context, item);
    if (!isBlock(item)) continue;
    const kind = kindOf(context, item);
    if (kind === undefined) continue;
    blocks[kind].push(item);
    declare(context, names[kind], kind, item);
  }
  const resolveModel = modelResolver(context, names.model, recall);
  const models = blocks.model.map(resolveModel);
  const data = blocks.data.map(block => resolveData(context, block, names.data));
  const standard = standardData(context);
  const trains = blocks.train.map(block => resolveTrain(context, block, { models, data, standard, names }));
  reportUnused(context);
  for (const symbol of context.symbols) symbol.uses.sort((a, b) => a.start - b.start);
  return {
    value: {
      document,
      models,
      data,
      trains,
      blocks: context.blocks,
      symbols: context.symbols.sort((a, b) => a.definition.start - b.definition.start),
      references: context.references,
    },
    problems: withoutRepeats(context.problems).sort((a, b) => a.start - b.start || a.end - b.end),
  };
}

/** A formula copied into several layers can be wrong in each of them, at the same place: that is said once. */
function withoutRepeats(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ code, start, end, message }) => {
    const key = `${code} ${start} ${end} ${message}`;
    return !seen.has(key) && seen.add(key);
  });
}

/** What a block at the top of the file is; a misspelt one is taken for what was meant, so that one slip is one message. */
function kindOf(context: Context, block: Block): 'model' | 'data' | 'train' | undefined {
  const { keyword } = block;
  const known = isTopBlock(keyword.text) ? keyword.text : undefined;
  if (known === undefined) {
    const place = 'the file itself';
    if (reportMisplaced(context, keyword, place)) return undefined;
    const suggestion = nearest(keyword.text, topBlocks);
    const extras = { fixes: suggestionFix(keyword, suggestion) };
    report(context, 'unknown-block', keyword, { word: keyword.text, place: 'the file', suggestion }, extras);
    return suggestion !== undefined && isTopBlock(suggestion) && suggestion !== 'layer' ? suggestion : undefined;
  }
  return known === 'layer' ? undefined : known;
}

function reportLoose(context: Context, { name }: Setting): void {
  report(context, 'setting-without-block', name, { word: name.text, belongs: ownersOf(name.text) });
}

/** Layers that nothing uses are faded, unless their model has no pattern yet. */
function reportUnused(context: Context): void {
  for (const { kind, name, definition, uses, model } of context.symbols) {
    if (kind !== 'layer' || uses.length > 0 || !model) continue;
    const pattern = context.blocks.get(model)?.settings.get('layers');
    if (pattern?.setting && !pattern.broken) report(context, 'unused-layer', definition, { name });
  }
}
