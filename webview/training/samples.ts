import { formatInteger } from '../../src/base/format';
import type { SampleRow } from '../../src/protocol/run-records';
import { element } from '../shared/element';

/** The list of sampled texts: newest first, older ones folded. */
export interface Samples {
  readonly root: HTMLElement;
  /** `samples` from `offset` on; false when earlier ones are missing. */
  apply(offset: number, samples: readonly SampleRow[]): boolean;
}

/** Steps whose texts stay on the page; a run may write thousands. */
const keptSteps = 60;

export function createSamples(): Samples {
  let rows: SampleRow[] = [];
  const latest = element('div', { class: 'latest-samples' });
  const older = element('div', { class: 'older-samples' });
  const olderTitle = element('h3', { text: 'Earlier' });
  const empty = element('p', {
    class: 'quiet',
    text: 'The first texts appear when the run reaches its first sampling step.',
  });
  const root = element('section', {
    class: 'card samples',
    attributes: { 'aria-label': 'Samples' },
    children: [element('header', { children: [element('h2', { text: 'Samples' })] }), empty, latest, olderTitle, older],
  });

  function draw(): void {
    const groups = byStep(rows).slice(0, keptSteps);
    const [first, ...rest] = groups;
    empty.hidden = first !== undefined;
    olderTitle.hidden = rest.length === 0;
    latest.replaceChildren(
      ...(first === undefined ? [] : [element('h3', { text: stepTitle(first.step) }), ...first.samples.map(textOf)]),
    );
    // What the user unfolded stays so: only steps that are not there yet are made.
    const present = new Map([...older.children].map(child => [child.getAttribute('data-step'), child]));
    older.replaceChildren(...rest.map(group => present.get(String(group.step)) ?? folded(group)));
  }
  draw();
  return {
    root,
    apply(offset, samples) {
      if (offset > rows.length) return false;
      if (offset < rows.length) older.replaceChildren();
      rows = [...rows.slice(0, offset), ...samples];
      draw();
      return true;
    },
  };
}

interface StepSamples {
  readonly step: number;
  readonly samples: readonly SampleRow[];
}

/** Newest step first, prompts in their order. */
function byStep(rows: readonly SampleRow[]): StepSamples[] {
  const groups = new Map<number, SampleRow[]>();
  for (const row of rows) groups.set(row.step, [...(groups.get(row.step) ?? []), row]);
  return [...groups].map(([step, samples]) => ({ step, samples })).sort((a, b) => b.step - a.step);
}

function folded({ step, samples }: StepSamples): HTMLElement {
  const first = samples[0];
  const glimpse = first === undefined ? '' : continuation(first).trim().replace(/\s+/g, ' ').slice(0, 90);
  return element('details', {
    attributes: { 'data-step': String(step) },
    children: [
      element('summary', {
        children: [
          element('span', { class: 'number step', text: stepTitle(step) }),
          element('span', { class: 'glimpse', text: glimpse }),
        ],
      }),
      ...samples.map(textOf),
    ],
  });
}

const stepTitle = (step: number): string => `Step ${formatInteger(step)}`;

const textOf = (sample: SampleRow): HTMLElement =>
  element('blockquote', {
    children: [element('span', { class: 'prompt', text: sample.prompt }), continuation(sample)],
  });

/** Some samplers repeat the prompt; it is shown once. */
const continuation = ({ prompt, text }: SampleRow): string =>
  text.startsWith(prompt) ? text.slice(prompt.length) : text;
