import { formatCount, formatMeasure } from '../../src/base/format';
import type { CompareRun } from '../../src/protocol/compare-panel';
import { type Checkbox, createCheckbox, createSearch } from '../shared/controls';
import { element, setText } from '../shared/element';
import { dateText, statusNames } from '../shared/run-facts';
import { colorOf, type Theme } from '../shared/theme';
import type { ChosenRuns } from './chosen-runs';

/** The runs of the workspace with a box before each. */
export interface RunList {
  readonly root: HTMLElement;
  show(theme: Theme): void;
}

interface Entry {
  readonly root: HTMLElement;
  readonly checkbox: Checkbox;
  readonly swatch: HTMLElement;
  readonly name: HTMLElement;
  readonly detail: HTMLElement;
}

export function createRunList(
  chosen: ChosenRuns,
  onChoose: (ids: readonly string[]) => void,
  /** The pointer is on a run, or on none. */
  onPoint: (id: string | null) => void,
): RunList {
  const entries = new Map<string, Entry>();
  let wanted = '';
  let theme: Theme | null = null;
  const list = element('ul', { class: 'run-list', attributes: { 'aria-label': 'Runs' } });
  const count = element('span', { class: 'quiet number' });
  const nothing = element('p', { class: 'quiet', text: 'No run has this in its name.' });
  const matching = () => chosen.runs().filter(run => matches(run, wanted));
  const link = (label: string, title: string, ids: () => readonly string[]) => {
    const button = element('button', { class: 'link', text: label, title, attributes: { type: 'button' } });
    button.addEventListener('click', () => onChoose(ids()));
    return button;
  };
  const root = element('aside', {
    class: 'runs',
    attributes: { 'aria-label': 'Choice of runs' },
    children: [
      createSearch('Search runs', text => {
        wanted = text;
        draw();
      }),
      element('div', {
        class: 'choice-row',
        children: [
          count,
          link('All', 'Chooses every run of this list', () => [
            ...chosen.ids(),
            ...matching().map(({ record }) => record.id),
          ]),
          link('None', 'Chooses no run of this list', () => {
            const listed = new Set(matching().map(({ record }) => record.id));
            return chosen.ids().filter(id => !listed.has(id));
          }),
        ],
      }),
      nothing,
      list,
    ],
  });

  function entryOf(id: string): Entry {
    const known = entries.get(id);
    if (known !== undefined) return known;
    const swatch = element('span', { class: 'swatch' });
    const name = element('span', { class: 'name' });
    const detail = element('span', { class: 'detail number' });
    const label = element('span', {
      class: 'run-label',
      children: [swatch, element('span', { class: 'run-text', children: [name, detail] })],
    });
    const checkbox = createCheckbox(label, false, checked => {
      const ids = chosen.ids();
      if (checked === ids.includes(id)) return;
      onChoose(checked ? [...ids, id] : ids.filter(other => other !== id));
    });
    const item = element('li', { children: [checkbox] });
    item.addEventListener('pointerenter', () => onPoint(id));
    item.addEventListener('pointerleave', () => onPoint(null));
    const entry = { root: item, checkbox, swatch, name, detail };
    entries.set(id, entry);
    return entry;
  }

  function draw(): void {
    if (theme === null) return;
    const shown = matching();
    const ids = new Set(chosen.ids());
    for (const run of shown) {
      const entry = entryOf(run.record.id);
      const slot = chosen.slot(run.record.id);
      if (entry.checkbox.checked !== ids.has(run.record.id)) entry.checkbox.checked = ids.has(run.record.id);
      entry.swatch.style.setProperty('--swatch', slot === null ? 'transparent' : colorOf(theme, slot));
      entry.swatch.classList.toggle('dashed', slot !== null && slot >= theme.colors.length);
      setText(entry.name, run.record.name);
      setText(entry.detail, detailOf(run));
      entry.root.title = `${run.record.name}\n${dateText(run.record.createdAt)}\n${run.record.id}`;
    }
    const roots = shown.map(run => entryOf(run.record.id).root);
    // Moving an element takes the focus from it, so the list is touched only when it differs.
    if (roots.length !== list.children.length || roots.some((item, index) => list.children[index] !== item))
      list.replaceChildren(...roots);
    nothing.hidden = shown.length > 0 || chosen.runs().length === 0;
    const present = chosen.runs().filter(({ record }) => ids.has(record.id)).length;
    setText(count, `${present} of ${chosen.runs().length} chosen`);
  }
  return {
    root,
    show(current) {
      theme = current;
      draw();
    },
  };
}

const matches = ({ record }: CompareRun, text: string): boolean =>
  text
    .toLowerCase()
    .split(/\s+/)
    .every(word => `${record.name} ${record.id} ${record.status}`.toLowerCase().includes(word));

const detailOf = ({ record, shown }: CompareRun): string =>
  [
    formatCount(record.parameters),
    record.best === null ? null : `best ${formatMeasure(record.best.loss)}`,
    shown === 'completed' ? null : statusNames[shown].toLowerCase(),
  ]
    .filter(part => part !== null)
    .join(' · ');
