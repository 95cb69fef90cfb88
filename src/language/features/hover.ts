import { elementsOf, type Weight } from '../../architecture/component';
import { layerWeights, outsideWeights } from '../../architecture/model';
import { formatInteger, formatPercent } from '../../base/format';
import type { Span } from '../../base/text';
import { analyze } from '../analysis/analyze';
import { isProblemCode, problemTable } from '../analysis/problems';
import type { ResolvedBlock, ResolvedModel } from '../analysis/resolved';
import type { Block, Document } from '../syntax/tree';
import type { Analysed } from './analysed';
import { type BlockCost, blockCosts } from './block-cost';
import { componentMarkdown, settingsMarkdown } from './docs';
import { layerMarkdown, modelMarkdown, runMarkdown } from './hover-costs';
import { settingHover, valueHover } from './hover-values';
import { links } from './links';
import { type Place, placeAt } from './place';
import { referencePage } from './wording';

export interface Hover {
  readonly span: Span;
  /** Markdown. */
  readonly markdown: string;
  /** Its page of the reference, relative to docs/, without `.md`. */
  readonly page: string | undefined;
}

/** What there is to know about the word or number at an offset. */
export function hover(analysed: Analysed, offset: number): Hover | undefined {
  const place = placeAt(analysed, offset);
  const node = place.path.at(-1);
  if (!node) return undefined;
  if (node.kind === 'comment') return codeHover(analysed, offset);
  const { word } = place;
  if (place.setting && word && place.setting.name === word) return settingHover(analysed, place, word);
  if (place.setting) {
    const { reference } = place;
    const block = reference?.kind === 'symbol' ? reference.symbol.block : undefined;
    return block ? symbolHover(analysed, block, node) : valueHover(analysed, place, node);
  }
  if (word && place.block) return headerHover(analysed, place.block, place.resolved, place, word);
  return undefined;
}

function codeHover(analysed: Analysed, offset: number): Hover | undefined {
  const link = links(analysed).find(({ start, end }) => start <= offset && offset <= end);
  const code = link && analysed.text.slice(link.start, link.end);
  if (!link || code === undefined || !isProblemCode(code)) return undefined;
  return {
    span: link,
    markdown: `**${problemTable[code].title}** (\`${code}\`) is not reported here.`,
    page: problemTable[code].docs,
  };
}

function headerHover(
  analysed: Analysed,
  block: Block,
  resolved: ResolvedBlock | undefined,
  place: Place,
  word: Span,
): Hover | undefined {
  const { reference } = place;
  if (reference?.kind === 'symbol' && reference.symbol.block !== block)
    return symbolHover(analysed, reference.symbol.block, word);
  if (reference?.kind === 'gallery') {
    return { span: word, markdown: galleryMarkdown(reference.name, reference.document), page: undefined };
  }
  if (!resolved) return undefined;
  const isWord = word === block.keyword;
  const cost = costMarkdown(analysed, block, resolved);
  if (resolved.component) {
    const docs = componentMarkdown(resolved.component, resolved.word);
    return {
      span: word,
      markdown: sections(docs, settingsMarkdown(resolved), ...cost),
      page: referencePage(resolved.component, resolved.word),
    };
  }
  const docs = isWord || cost.length === 0 ? `**${resolved.word}**\n\n${resolved.definition.doc}` : '';
  const run = analysed.file.trains.find(train => train.block === block);
  const needs = run?.experiment ? runMarkdown(run.experiment, run.name) : '';
  const settings = cost.length === 0 ? settingsMarkdown(resolved) : '';
  return {
    span: word,
    markdown: sections(docs, needs, settings, ...cost),
    page: referencePage(undefined, resolved.word),
  };
}

const sections = (...parts: readonly string[]): string => parts.filter(part => part !== '').join('\n\n');

/** A model that comes with Supra. Its file has no other models to copy from. */
function galleryMarkdown(name: string, document: Document): string {
  const model = analyze(document.text).file.models.find(candidate => candidate.name === name);
  const title = `**model** \`${name}\` of the gallery`;
  return model?.spec ? `${title}\n\n${modelMarkdown(model, model.spec)}` : title;
}

/** What a name stands for, seen from where it is used. */
function symbolHover(analysed: Analysed, block: Block, span: Span): Hover | undefined {
  const resolved = analysed.file.blocks.get(block);
  if (!resolved) return undefined;
  const cost = costMarkdown(analysed, block, resolved);
  const title = `**${resolved.word}** \`${block.label?.text ?? ''}\``;
  return { span, markdown: (cost.length > 0 ? cost : [title]).join('\n\n'), page: undefined };
}

function costMarkdown(analysed: Analysed, block: Block, resolved: ResolvedBlock): readonly string[] {
  const cost = blockCosts(analysed.file).get(block);
  const spec = cost?.model.spec;
  if (!cost || !spec) return [];
  if (cost.what === 'model') return [modelMarkdown(cost.model, spec)];
  if (cost.what === 'layer') return [layerMarkdown(cost, block.label?.text ?? '')];
  const tensors = tensorTable(weightsOf(cost.model, resolved));
  return tensors === '' ? [] : [`${partTotal(cost)}\n\n${tensors}`];
}

function partTotal({ each, uses, share, model }: BlockCost): string {
  const times = uses > 1 ? ` × ${uses} layers = ${formatInteger(each.total * uses)}` : '';
  const active = each.active === each.total ? '' : `, ${formatInteger(each.active)} active`;
  return `${formatInteger(each.total)} parameters${active}${times} (${formatPercent(share)} of ${model.name})`;
}

/** The tensors that a part of a model has. */
function weightsOf(model: ResolvedModel, resolved: ResolvedBlock): readonly Weight[] {
  const { spec } = model;
  if (!spec) return [];
  const layer = model.layers.find(candidate => candidate.resolved === resolved.parent);
  const { before, behind } = outsideWeights(spec);
  const tensors = layer ? layerWeights(spec, layer.spec) : [...before, ...behind];
  return tensors.filter(tensor => tensor.part === resolved.word);
}

function tensorTable(weights: readonly Weight[]): string {
  if (weights.length === 0) return '';
  const rows = weights.map(weight => {
    const shape = Object.entries(weight.shape).map(([dimension, size]) => `${dimension} ${formatInteger(size)}`);
    const note = weight.tiedTo === undefined ? '' : ` (the same as ${weight.tiedTo})`;
    return `| ${weight.name}${note} | ${shape.join(' × ')} | ${weight.tiedTo === undefined ? formatInteger(elementsOf(weight)) : '0'} |`;
  });
  return ['| tensor | shape | parameters |', '|:--|:--|--:|', ...rows].join('\n');
}
