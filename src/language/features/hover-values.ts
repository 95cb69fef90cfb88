import { blocks } from '../../architecture/blocks';
import { formatInteger } from '../../base/format';
import type { Span } from '../../base/text';
import type { ResolvedBlock, ResolvedSetting } from '../analysis/resolved';
import type { Expression, Node } from '../syntax/tree';
import { unitMeaning } from '../syntax/units';
import type { Analysed } from './analysed';
import { equation, fieldMarkdown } from './docs';
import type { Hover } from './hover';
import { numberMarkdown } from './hover-numbers';
import { type Place, settingOf } from './place';
import { solvedAt, solvedMarkdown } from './solved';
import { sourceOf } from './source';
import { readValue, referencePage } from './wording';

/** A setting: what it may be, what it is and how that came about. */
export function settingHover(analysed: Analysed, { resolved, setting }: Place, span: Span): Hover | undefined {
  const field = setting && resolved?.definition.fields[setting.name.text];
  if (!setting || !resolved || !field) return undefined;
  const value = settingOf(resolved, setting);
  const here = value === undefined ? [] : [valueLine(analysed, value, resolved)].filter(line => line !== '');
  const stack = analysed.file.models.find(model => model.resolved === resolved)?.spec?.stack;
  if (field.kind === 'pattern' && field.default === undefined && stack)
    here.push(`Here: ${formatInteger(stack.length)} layers.`);
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

/** A word or number of a value: what it means or comes to. Names of blocks are the caller's. */
export function valueHover(analysed: Analysed, place: Place, node: Node): Hover | undefined {
  const { resolved, setting, resolvedSetting, reference } = place;
  if (!setting || !resolved) return undefined;
  if (reference?.kind === 'setting') return nameHover(reference.setting, reference.owner, node);
  const solved = solvedAt(analysed, node)?.solved;
  if (solved) return { span: node, markdown: solvedMarkdown(solved), page: 'language#budgets' };
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
  if (node.kind === 'string' && field?.kind === 'text' && field.format === 'start')
    return startHover(analysed, place, node);
  const value = resolvedSetting?.value;
  const whole = setting.value;
  const isArithmetic = typeof value === 'number' && resolvedSetting?.broken === false && !isPlain(whole);
  const parts = [
    isArithmetic ? `\`${equation(sourceOf(analysed, whole), resolved, value)}\`` : undefined,
    node.kind === 'number' ? numberWords(node.text, node.value, node.unit) : undefined,
    node.kind === 'number' ? numberMarkdown(analysed, place, node) : undefined,
  ].filter(part => part !== undefined);
  if (parts.length === 0) return undefined;
  return { span: isArithmetic ? whole : node, markdown: parts.join('\n\n'), page: undefined };
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

/** The weights that a run starts from: what they are, and whether they are those of its model. */
function startHover(
  { file, facts }: Analysed,
  { resolved }: Place,
  node: Node & { readonly kind: 'string' },
): Hover | undefined {
  const model = file.trains.find(train => train.resolved === resolved)?.model?.spec;
  const found = facts.startOf(node.value, model ?? null);
  if (found === null) return undefined;
  const { problem, title, misfit, otherwise, hasTokenizer } = found;
  const named = model === undefined ? 'the model' : `\`${model.name}\``;
  const fit =
    misfit !== null
      ? `They are those of another model: \`${misfit.setting}\` is ${misfit.there} there and ${misfit.here} here.`
      : otherwise !== null
        ? `They fit ${named}, but were trained with \`${otherwise.setting}\` = ${otherwise.there} instead of ${otherwise.here}.`
        : `They fit ${named}.`;
  const tokenizer = hasTokenizer ? 'A tokenizer lies beside them.' : 'No tokenizer lies beside them.';
  const markdown = problem ?? `**Weights of ${title}**\n\n${fit} ${tokenizer}`;
  return { span: node, markdown, page: undefined };
}
