import { blocks } from '../../architecture/blocks';
import { elementsOf, type Weight } from '../../architecture/component';
import { layerWeights, outsideWeights } from '../../architecture/model';
import { formatInteger, formatPercent } from '../../base/format';
import type { Span } from '../../base/text';
import { isProblemCode, problemTable } from '../analysis/problems';
import type { ResolvedBlock, ResolvedModel, ResolvedSetting } from '../analysis/resolved';
import type { Block, Expression, Node } from '../syntax/tree';
import { unitMeaning } from '../syntax/units';
import type { Analysed } from './analysed';
import { type BlockCost, blockCosts } from './block-cost';
import { componentMarkdown, equation, fieldMarkdown, settingsMarkdown } from './docs';
import { layerMarkdown, modelMarkdown } from './hover-costs';
import { links } from './links';
import { type Place, placeAt, settingOf } from './place';
import { sourceOf } from './source';
import { readValue, referencePage } from './wording';

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
  if (place.setting) return valueHover(analysed, place, node);
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
    return { span: word, markdown: `**model** \`${reference.name}\` of the gallery`, page: undefined };
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
  const settings = cost.length === 0 ? settingsMarkdown(resolved) : '';
  return { span: word, markdown: sections(docs, settings, ...cost), page: referencePage(undefined, resolved.word) };
}

const sections = (...parts: readonly string[]): string => parts.filter(part => part !== '').join('\n\n');

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

function settingHover(analysed: Analysed, { resolved, setting }: Place, span: Span): Hover | undefined {
  const field = setting && resolved?.definition.fields[setting.name.text];
  if (!setting || !resolved || !field) return undefined;
  const value = settingOf(resolved, setting);
  const here = value === undefined ? [] : [valueLine(analysed, value, resolved)].filter(line => line !== '');
  const docs = fieldMarkdown(setting.name.text, field, resolved);
  return { span, markdown: [docs, ...here].join('\n\n'), page: referencePage(resolved.component, resolved.word) };
}

/** What a setting is here and how it came about. */
function valueLine(
  analysed: Analysed,
  { setting, value, field, broken }: ResolvedSetting,
  block: ResolvedBlock,
): string {
  if (broken || value === undefined || !setting) return '';
  const source = sourceOf(analysed, setting.value);
  if (typeof value === 'number' && !isPlain(setting.value)) return `Here: \`${equation(source, block, value)}\`.`;
  const shown = readValue(value, field);
  return shown === source ? '' : `Here: \`${source}\` = ${shown}.`;
}

const isPlain = (value: Expression): boolean => value.kind === 'number' || value.kind === 'word';

function valueHover(analysed: Analysed, place: Place, node: Node): Hover | undefined {
  const { resolved, setting, resolvedSetting, reference } = place;
  if (!setting || !resolved) return undefined;
  if (reference?.kind === 'symbol') return symbolHover(analysed, reference.symbol.block, node);
  if (reference?.kind === 'setting') return nameHover(reference.setting, reference.owner, node);
  const field = resolved.definition.fields[setting.name.text];
  if (node.kind === 'word' && field?.kind === 'choice' && Object.hasOwn(field.choices, node.text)) {
    return {
      span: node,
      markdown: `**\`${node.text}\`**: ${field.choices[node.text]}`,
      page: referencePage(resolved.component, resolved.word),
    };
  }
  if (node.kind === 'word' && node.text === 'none' && field && 'none' in field && field.none !== undefined) {
    return { span: node, markdown: `**\`none\`**: ${field.none}`, page: undefined };
  }
  const number = node.kind === 'number' ? numberWords(node.text, node.value, node.unit) : undefined;
  const value = resolvedSetting?.value;
  const whole = setting.value;
  if (typeof value === 'number' && resolvedSetting?.broken === false && !isPlain(whole)) {
    const line = `\`${equation(sourceOf(analysed, whole), resolved, value)}\``;
    return { span: whole, markdown: [line, ...(number ? [number] : [])].join('\n\n'), page: undefined };
  }
  return number === undefined ? undefined : { span: node, markdown: number, page: undefined };
}

/** What a number with a unit, or a long one, is exactly; undefined where the text says it already. */
function numberWords(text: string, value: number, unit: string): string | undefined {
  const exact = readValue(value, { kind: 'number' });
  if (!Number.isFinite(value) || exact === text) return undefined;
  return `\`${text}\` = ${exact}${unit === '' ? '' : ` (${unit}: ${unitMeaning(unit)})`}`;
}

/** A name in arithmetic: what it is and where it is set. */
function nameHover(setting: ResolvedSetting, owner: ResolvedBlock, span: Span): Hover {
  const { name, field, value, origin } = setting;
  const where =
    origin === 'default'
      ? `default of ${owner.word}`
      : origin === 'inherited'
        ? `copied into ${owner.word}`
        : `set in ${owner.word}`;
  const equals = value === undefined ? '' : ` = ${readValue(value, field)}`;
  const page =
    Object.hasOwn(blocks, owner.word) || owner.component ? referencePage(owner.component, owner.word) : undefined;
  return { span, markdown: `**\`${name}\`**${equals} (${where})\n\n${field.doc}`, page };
}
