import type { AnyComponent } from '../../architecture/component';
import type { Field } from '../../architecture/fields';
import { isComputed } from '../../architecture/fields';
import type { ResolvedBlock, ResolvedSetting } from '../analysis/resolved';
import { defaultWords, kindWords, rangeWords, readValue, withNumbers } from './wording';

/** Markdown about the words of the registry, as hover and completion show it. */

/** A component: its name, what it does, an example, its paper. `word` is what its slot is called where it stands. */
export function componentMarkdown(component: AnyComponent, word: string = component.slot): string {
  const { title, doc, example, paper } = component;
  return [
    `**${title}** · \`${word} ${component.word}\``,
    doc,
    `\`\`\`supra\n${example}\n\`\`\``,
    ...(paper ? [`[${paper.title}](${paper.url})`] : []),
  ].join('\n\n');
}

/** A setting: what it is, what it may be, and what it is when left out; with numbers where the block around it is known. */
export function fieldMarkdown(name: string, field: Field, block?: ResolvedBlock): string {
  const range = rangeWords(field);
  const lines = [
    `**\`${name}\`** · ${field.kind === 'choice' ? 'choice' : kindWords(field)}${range ? ` (${range})` : ''}`,
    field.doc,
    ...choiceLines(field),
    ...('none' in field && field.none !== undefined ? [`\`none\`: ${field.none}.`] : []),
    defaultLine(field, block),
  ];
  return lines.filter(line => line !== '').join('\n\n');
}

function choiceLines(field: Field): readonly string[] {
  if (field.kind !== 'choice') return [];
  const choices = Object.entries(field.choices).map(([word, meaning]) => `- \`${word}\`: ${meaning}`);
  return [choices.join('\n')];
}

function defaultLine(field: Field, block: ResolvedBlock | undefined): string {
  const words = defaultWords(field);
  if (words === undefined) {
    // What a reference means when left out is in its own sentence.
    return field.kind === 'reference' ? '' : 'Required: it has no default.';
  }
  if (!isComputed(field.default) || !block) return `Default: \`${words}\`.`;
  const numbers = withNumbers(words, block);
  return numbers === words ? `Default: \`${words}\`.` : `Default: \`${words}\`, here \`${numbers}\`.`;
}

/** `formula = with numbers = value`, leaving out what would only repeat itself. */
export function equation(formula: string, block: ResolvedBlock, value: number): string {
  const result = readValue(value, { kind: 'number' });
  const numbers = withNumbers(formula, block);
  const steps = [formula, numbers, result].filter((step, index, all) => index === 0 || step !== all[index - 1]);
  return steps.join(' = ');
}

/** Every setting of a block with its value and how it came about; empty for a block without settings. */
export function settingsMarkdown(block: ResolvedBlock): string {
  const rows = [...block.settings.values()].map(setting => {
    const value = setting.value === undefined ? '–' : readValue(setting.value, setting.field);
    return `| ${setting.name} | ${value.replaceAll('|', '\\|')} | ${howWords(setting, block)} |`;
  });
  return rows.length === 0 ? '' : ['| setting | value | |', '|:--|--:|:--|', ...rows].join('\n');
}

function howWords({ origin, broken, field, value }: ResolvedSetting, block: ResolvedBlock): string {
  if (broken) return 'default, since what is written is broken';
  if (origin === 'inherited') return 'copied';
  if (origin === 'written') return 'set here';
  if (!isComputed(field.default)) return value === undefined ? 'not set' : 'default';
  const { text } = field.default;
  const numbers = withNumbers(text, block);
  return `default: ${numbers === text || /^[\d.,e-]+$/.test(numbers) ? text : `${text} = ${numbers}`}`;
}
