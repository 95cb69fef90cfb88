import { formatInteger } from '../../src/base/format';
import type { Report, ReportRun } from '../../src/protocol/report';
import { createAnnouncer, element } from '../shared/element';
import { createExpertLoad } from '../shared/expert-load';
import { createRunCurves } from '../shared/run-curves';
import { factsOf, statusNames } from '../shared/run-facts';
import { onThemeChange, readTheme } from '../shared/theme';

/** The parts of a report, from top to bottom. */
export function createReport(report: Report): HTMLElement[] {
  const announcer = createAnnouncer();
  const [only] = report.runs;
  const single = report.runs.length === 1 && only !== undefined;
  return [
    element('header', {
      class: 'report-header',
      children: [element('h1', { text: report.title }), element('p', { class: 'quiet', text: report.made })],
    }),
    ...(single ? [outcome(only)] : []),
    table(single ? 'Values' : 'Runs', report, report.summary),
    ...(report.differences.length > 0 ? [table('Settings that differ', report, report.differences)] : []),
    curvesOf(report.runs, announcer.announce),
    ...report.runs.flatMap(run => expertsOf(run, single, announcer.announce)),
    ...report.runs.map(run => samplesOf(run, single)),
    ...report.runs.map(run => aboutOf(run, single)),
    announcer.root,
  ];
}

/** A report is opened to be read once: nothing of how its curves are looked at is kept. */
function curvesOf(runs: readonly ReportRun[], announce: (text: string) => void): HTMLElement {
  const view = { axis: 'step', logLoss: false, smoothing: 0.6 } as const;
  const curves = createRunCurves(runs.length === 1, view, () => undefined, announce);
  const named = runs.map(({ record, series }) => ({ name: record.name, series }));
  const show = () => curves.show(named, readTheme());
  onThemeChange(show);
  show();
  return curves.root;
}

function outcome({ record, shown }: ReportRun): HTMLElement {
  return element('p', {
    class: 'outcome',
    children: [
      element('span', {
        class: 'pill',
        attributes: { 'data-status': shown },
        children: [element('i', { class: 'dot' }), statusNames[shown]],
      }),
      ...(record.reason === null ? [] : [element('span', { text: record.reason })]),
    ],
  });
}

function table(title: string, { runs }: Report, rows: Report['summary']): HTMLElement {
  const header = element('tr', {
    children: [
      element('td'),
      ...runs.map(run => element('th', { text: run.record.name, attributes: { scope: 'col' } })),
    ],
  });
  const body = rows.map(({ label, values }) =>
    element('tr', {
      children: [
        element('th', { text: label, attributes: { scope: 'row' } }),
        ...values.map(value => element('td', { class: 'number', text: value ?? '–' })),
      ],
    }),
  );
  return section(title, [
    element('div', {
      class: 'scrolls',
      attributes: { tabindex: '0', role: 'group', 'aria-label': title },
      children: [
        element('table', {
          children: [element('thead', { children: [header] }), element('tbody', { children: body })],
        }),
      ],
    }),
  ]);
}

/** How the tokens of the last steps were spread over the experts; nothing for a model without any. */
function expertsOf({ record, experts }: ReportRun, single: boolean, announce: (text: string) => void): HTMLElement[] {
  if (experts === null) return [];
  const view = createExpertLoad({ announce, ...(single ? {} : { of: record.name }) });
  view.show(experts, readTheme());
  onThemeChange(() => view.show(experts, readTheme()));
  return [view.root];
}

/** Texts at the same prompts, latest first: how the model learned to write. */
function samplesOf({ record, samples }: ReportRun, single: boolean): HTMLElement {
  const title = single ? 'What it wrote' : `What ${record.name} wrote`;
  if (samples.length === 0) return section(title, [element('p', { class: 'quiet', text: 'No samples were taken.' })]);
  return section(
    title,
    [...samples].reverse().map(({ step, prompt, text }) =>
      element('figure', {
        class: 'sample',
        children: [
          element('figcaption', { class: 'quiet', text: `Step ${formatInteger(step)}` }),
          element('blockquote', { children: [element('b', { text: prompt }), text] }),
        ],
      }),
    ),
  );
}

function aboutOf({ record, source }: ReportRun, single: boolean): HTMLElement {
  const facts = factsOf(record, null).map(({ label, value, detail }) =>
    element('div', {
      ...(detail === null ? {} : { title: detail }),
      children: [element('dt', { text: label }), element('dd', { text: value })],
    }),
  );
  const code = element('details', {
    children: [
      element('summary', { text: `model.supra of this run` }),
      element('pre', { attributes: { tabindex: '0' }, children: [element('code', { text: source })] }),
    ],
  });
  return section(single ? 'About this run' : `About ${record.name}`, [
    element('dl', { class: 'facts', children: facts }),
    ...(source === '' ? [] : [code]),
  ]);
}

const section = (title: string, children: readonly HTMLElement[]): HTMLElement =>
  element('section', {
    class: 'card',
    attributes: { 'aria-label': title },
    children: [element('header', { children: [element('h2', { text: title })] }), ...children],
  });
