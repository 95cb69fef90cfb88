import { blocks } from '../src/architecture/blocks';
import type { AnyComponent, Definition, Slot } from '../src/architecture/component';
import type { Field } from '../src/architecture/fields';
import { components } from '../src/architecture/registry';
import { type ProblemCode, problemCodes, problemTable } from '../src/language/analysis/problems';
import { defaultWords, kindWords, rangeWords } from '../src/language/features/wording';

/** Pages of the reference, from the registry and the table of problems. Paths relative to the package, with contents. */
export function referenceFiles(problemFixtures: readonly string[]): ReadonlyMap<string, string> {
  const slots = new Map<Slot, AnyComponent[]>();
  for (const [, component] of components) slots.set(component.slot, [...(slots.get(component.slot) ?? []), component]);
  return new Map([
    ['docs/reference/index.md', page('Reference', indexPage(slots))],
    ['docs/reference/blocks.md', page('Blocks', Object.values(blocks).map(blockSection))],
    ...[...slots].map(([slot, variants]) => {
      const places = placesOf(slot);
      const intro = `A component of the slot \`${slot}\`, written ${list(places)}.`;
      return [
        `docs/reference/${slot}.md`,
        page(`Components: ${slot}`, [intro, ...variants.map(componentSection)]),
      ] as const;
    }),
    ['docs/language-problems.md', page('Problems of the language', problemSections(problemFixtures))],
  ]);
}

const generated = '<!-- Generated from the registry by scripts/generate-reference.ts. Do not edit. -->';
const page = (title: string, sections: readonly string[]): string =>
  `${[`# ${title}`, generated, ...sections].join('\n\n')}\n`;

function indexPage(slots: ReadonlyMap<Slot, readonly AnyComponent[]>): readonly string[] {
  const blockLinks = Object.values(blocks).map(({ word, doc }) => `- [\`${word}\`](blocks.md#${word}): ${doc}`);
  const components = [...slots].map(([slot, variants]) => {
    const links = variants.map(({ word, title }) => `[\`${word}\`](${slot}.md#${word}) ${title}`);
    return `- **[${slot}](${slot}.md)**: ${links.join(', ')}`;
  });
  return [
    'Every word of `model.supra`. How they fit together is told in [the language](../language.md).',
    '## Blocks',
    blockLinks.join('\n'),
    '## Components',
    components.join('\n'),
  ];
}

function blockSection(block: Definition): string {
  return [`## ${block.word}`, block.doc, ...settingsTable(block), ...slotsTable(block)].join('\n\n');
}

function componentSection(component: AnyComponent): string {
  const { word, title, doc, example, paper } = component;
  return [
    `## ${word}`,
    `**${title}.** ${doc}`,
    `\`\`\`\n${example}\n\`\`\``,
    ...settingsTable(component),
    ...slotsTable(component),
    ...(paper ? [`Paper: [${paper.title}](${paper.url})`] : []),
  ].join('\n\n');
}

function settingsTable({ fields }: Definition): readonly string[] {
  const rows = Object.entries(fields).map(([name, field]) => {
    return row([
      `\`${name}\``,
      meaning(field),
      [kind(field), rangeWords(field)].filter(Boolean).join('; '),
      standard(field),
    ]);
  });
  return rows.length === 0
    ? []
    : [[row(['setting', 'meaning', 'value', 'default']), '|---|---|---|---|', ...rows].join('\n')];
}

function slotsTable({ slots }: Definition): readonly string[] {
  const rows = Object.entries(slots).map(([word, use]) => {
    const fallback = use.default === null ? '' : `\`${use.default}\``;
    return row([`[\`${word}\`](${use.slot}.md)`, use.doc, fallback]);
  });
  return rows.length === 0 ? [] : [[row(['slot', 'meaning', 'default']), '|---|---|---|', ...rows].join('\n')];
}

function meaning(field: Field): string {
  const choices =
    field.kind === 'choice' ? Object.entries(field.choices).map(([word, means]) => `\`${word}\`: ${means}`) : [];
  const none = 'none' in field && field.none !== undefined ? [`\`none\`: ${field.none}`] : [];
  const more = [...choices, ...none];
  return more.length === 0 ? field.doc : `${field.doc} ${more.join('; ')}.`;
}

const kind = (field: Field): string => (field.kind === 'choice' ? 'one of its words' : kindWords(field));

function standard(field: Field): string {
  const words = defaultWords(field);
  if (words !== undefined) return `\`${words}\``;
  return field.kind === 'reference' ? `the only ${field.to}` : 'required';
}

const row = (cells: readonly string[]): string => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`;

/** Where a slot is offered: `norm` in `layer`, `final_norm` in `model`. */
function placesOf(slot: Slot): readonly string[] {
  const holders = [
    ...Object.values(blocks).map(block => [block.word, block as Definition] as const),
    ...components.map(([, component]) => [`${component.slot} ${component.word}`, component as Definition] as const),
  ];
  return holders.flatMap(([holder, { slots }]) =>
    Object.entries(slots).flatMap(([word, use]) => (use.slot === slot ? [`\`${word}\` in \`${holder}\``] : [])),
  );
}

const list = (items: readonly string[]): string =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} or ${items.at(-1)}`;

/** The problems that have no page of their own, each with a line from the fixtures that has it. */
function problemSections(fixtures: readonly string[]): readonly string[] {
  const codes = problemCodes.filter(code => problemTable[code].docs.startsWith('language-problems'));
  return [
    'Mistakes in the form or the words of a file. Doubts about a design have pages of their own in [checks](checks).',
    ...codes.map(code => {
      const { title, severity } = problemTable[code];
      const example = exampleOf(code, fixtures);
      return [`## ${code}`, `**${title}** · ${severity}`, ...(example ? [example] : [])].join('\n\n');
    }),
  ];
}

/** The first line of a fixture that is marked with a code, and what is said about it. */
function exampleOf(code: ProblemCode, fixtures: readonly string[]): string | undefined {
  for (const fixture of fixtures) {
    const lines = fixture.split('\n');
    const at = lines.findIndex(line => line.startsWith('#') && line.includes(` ${code}: `));
    if (at < 0) continue;
    const source = lines.slice(0, at).findLast(line => !/^#\s*(\^|@)/.test(line)) ?? '';
    const message = (lines[at] ?? '').slice((lines[at] ?? '').indexOf(`${code}: `) + code.length + 2);
    return `\`\`\`\n${source.trim()}\n\`\`\`\n\n${message}`;
  }
  return undefined;
}
