import {
  type ComparisonMessage,
  comparePanelAnswers,
  comparePanelStateSchema,
  comparePanelVersion,
  type FromComparePanel,
  type ToComparePanel,
  toComparePanelSchema,
} from '../../src/protocol/compare-panel';
import { connect } from '../shared/bridge';
import { createButton, registerControls } from '../shared/controls';
import { createAnnouncer, createNotice, element } from '../shared/element';
import { throttle } from '../shared/frame-queue';
import { colorOf, onThemeChange, readTheme } from '../shared/theme';
import { createChosenRuns } from './chosen-runs';
import './compare.css';
import { createExports } from './exports';
import { createOverlayChart } from './overlay-chart';
import { createResults } from './results';
import type { NamedSummary } from './results-table';
import { createRunList } from './run-list';

start();

/** Builds the page, tells the host that it listens, and from then on only shows what comes. */
function start(): void {
  registerControls();
  const bridge = connect<typeof toComparePanelSchema, FromComparePanel, typeof comparePanelStateSchema>({
    version: comparePanelVersion,
    incoming: toComparePanelSchema,
    answers: comparePanelAnswers,
    state: comparePanelStateSchema,
    initial: {
      version: comparePanelVersion,
      runIds: [],
      baselineId: null,
      axis: 'step',
      metric: 'loss',
      logX: false,
      logY: false,
      smoothing: 0.9,
    },
  });

  let theme = readTheme();
  let comparison: ComparisonMessage | null = null;
  let loaded = false;
  const { runIds, axis, metric, logX, logY, smoothing } = bridge.kept;
  const chosen = createChosenRuns(runIds);
  const announcer = createAnnouncer();
  const choose = (ids: readonly string[]) => {
    chosen.choose(ids);
    bridge.keep({ runIds: [...chosen.ids()] });
    bridge.send({ type: 'selected', runIds: [...chosen.ids()], missing: [...chosen.missing()] });
    drawing.now();
  };
  const list = createRunList(chosen, choose, id => chart.highlight(id));
  const chart = createOverlayChart({ axis, metric, logX, logY, smoothing }, bridge.keep, announcer.announce);
  const results = createResults({
    pin: baselineId => {
      bridge.keep({ baselineId });
      drawing.now();
    },
    diff: right => bridge.send({ type: 'diff', left: baselineOf() ?? right, right }),
    open: runId => bridge.send({ type: 'open', runId, target: 'training' }),
  });
  const exports = createExports({
    send: bridge.send,
    ids: () => chosen.drawn().map(({ id }) => id),
    picture: chart.picture,
    theme: () => theme,
  });
  const notice = createNotice(announcer.announce);
  const body = element('div', {
    class: 'compare-body',
    children: [list.root, element('main', { children: [chart.root, results.root] })],
  });
  const empty = element('section', {
    class: 'empty',
    children: [
      element('h2', { text: 'No runs yet' }),
      element('p', {
        text: 'A run appears here as soon as a model is trained. Train two models, or one model with two settings, and see their curves and values side by side.',
      }),
      createButton('Train Model', { appearance: 'primary', onClick: () => bridge.send({ type: 'train' }) }),
    ],
  });
  const header = element('header', {
    class: 'compare-header',
    children: [element('h1', { text: 'Compare runs' }), exports.root],
  });
  document
    .getElementById('app')
    ?.append(element('div', { class: 'page compare', children: [header, notice.root, empty, body] }), announcer.root);

  function baselineOf(): string | null {
    const { baselineId } = bridge.kept;
    return chosen.ids().includes(baselineId ?? '') ? baselineId : (chosen.ids()[0] ?? null);
  }
  const drawing = throttle(draw, 100);

  function draw(): void {
    const none = chosen.runs().length === 0;
    header.hidden = none;
    empty.hidden = !(none && loaded);
    body.hidden = none;
    if (none) return;
    list.show(theme);
    chart.show(chosen.drawn(), theme);
    results.show(named(comparison), comparison?.differences ?? [], baselineOf());
    exports.update();
  }

  /** Summaries of the runs that are chosen now; the host's answer to the last click may be under way. */
  function named(message: ComparisonMessage | null): NamedSummary[] {
    return (message?.runs ?? []).flatMap(summary => {
      const slot = chosen.slot(summary.id);
      const run = chosen.runs().find(({ record }) => record.id === summary.id);
      return slot === null || run === undefined
        ? []
        : [{ ...summary, name: run.record.name, color: colorOf(theme, slot) }];
    });
  }

  function receive(message: ToComparePanel): void {
    switch (message.type) {
      case 'runs': {
        const first = !loaded;
        loaded = true;
        chosen.setRuns(message.runs);
        if (first && chosen.ids().length > 0) choose(chosen.ids());
        break;
      }
      case 'select':
        choose(message.runIds);
        break;
      case 'series':
        if (!chosen.apply(message)) bridge.send({ type: 'resync', runId: message.runId });
        break;
      case 'comparison':
        comparison = message;
        break;
      case 'notice':
        notice.show(message);
        break;
    }
    drawing.request();
  }

  onThemeChange(() => {
    theme = readTheme();
    drawing.now();
  });
  bridge.listen(() => ({ type: 'ready', runIds: [...bridge.kept.runIds] }), receive);
  draw();
}
