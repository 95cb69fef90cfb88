import type { ExpertLoad } from '../../src/protocol/expert-load';
import {
  type FromTrainingPanel,
  type ToTrainingPanel,
  type TrainingRunMessage,
  toTrainingPanelSchema,
  trainingPanelAnswers,
  trainingPanelStateSchema,
  trainingPanelVersion,
} from '../../src/protocol/training-panel';
import { connect } from '../shared/bridge';
import { registerControls } from '../shared/controls';
import { createAnnouncer, createNotice, element } from '../shared/element';
import { createExpertLoad } from '../shared/expert-load';
import { throttle } from '../shared/frame-queue';
import { createRunCurves } from '../shared/run-curves';
import { statusNames } from '../shared/run-facts';
import { createSeriesStore } from '../shared/series-store';
import { onThemeChange, readTheme } from '../shared/theme';
import { askUntilAnswered } from '../shared/until-answered';
import { createDetails } from './details';
import { createHeader } from './header';
import { createSamples } from './samples';
import { createSituation } from './situation';
import './training.css';

start();

/** Builds the page, tells the host that it listens, and from then on only shows what comes. */
function start(): void {
  registerControls();
  const bridge = connect<typeof toTrainingPanelSchema, FromTrainingPanel, typeof trainingPanelStateSchema>({
    version: trainingPanelVersion,
    incoming: toTrainingPanelSchema,
    answers: trainingPanelAnswers,
    state: trainingPanelStateSchema,
    initial: {
      version: trainingPanelVersion,
      runId: null,
      axis: 'step',
      logLoss: false,
      smoothing: 0.9,
      openSections: [],
    },
  });

  const announcer = createAnnouncer();
  const header = createHeader(bridge.send);
  const situation = createSituation(bridge.send);
  const { axis, logLoss, smoothing, openSections } = bridge.kept;
  const curves = createRunCurves(true, { axis, logLoss, smoothing }, bridge.keep, announcer.announce);
  const experts = createExpertLoad({
    announce: announcer.announce,
    explain: () => bridge.send({ type: 'explain', page: 'expert-load' }),
  });
  const samples = createSamples();
  const details = createDetails(openSections, open => bridge.keep({ openSections: [...open] }));
  const notice = createNotice(announcer.announce);
  const panels = element('main', {
    class: 'panels',
    children: [
      element('div', { class: 'measured', children: [curves.root, experts.root] }),
      element('aside', { children: [samples.root, details.root] }),
    ],
  });
  document.getElementById('app')?.append(
    element('div', {
      class: 'page training',
      children: [header.root, notice.root, situation.root, header.tiles, panels],
    }),
    announcer.root,
  );

  let run: TrainingRunMessage | null = null;
  let progress: Extract<ToTrainingPanel, { type: 'progress' }>['progress'] = null;
  let missing: string | null = null;
  let expertLoad: ExpertLoad | null = null;
  let stopAsking: (() => void) | null = null;
  const store = createSeriesStore();
  let theme = readTheme();
  const drawing = throttle(draw, 100);

  function draw(): void {
    const series = store.series();
    const hasCurves = series.steps.step.length > 0;
    header.root.hidden = run === null || missing !== null;
    panels.hidden = run === null || missing !== null;
    header.tiles.hidden = panels.hidden || !hasCurves;
    situation.show(run, progress, missing);
    // Before the first step there is nothing to draw or to read; then the facts have the page to themselves.
    curves.root.hidden = !hasCurves;
    samples.root.hidden = !hasCurves;
    panels.classList.toggle('facts-only', !hasCurves);
    if (run === null || missing !== null) return;
    header.show(run, series);
    details.show(run);
    if (hasCurves) curves.show([{ name: run.record.name, series }], theme);
    experts.show(hasCurves ? expertLoad : null, theme);
  }

  /** Rows were missed. A run goes on while all of them are under way: they are asked for once, not by each row that comes. */
  function askForAll(): void {
    stopAsking ??= askUntilAnswered(() => bridge.send({ type: 'resync' }));
  }
  function gotAll(): void {
    stopAsking?.();
    stopAsking = null;
  }

  function receive(message: ToTrainingPanel): void {
    switch (message.type) {
      case 'run':
        if (run !== null && run.shown !== message.shown) announcer.announce(`Training: ${statusNames[message.shown]}`);
        run = message;
        missing = null;
        if (bridge.kept.runId !== message.record.id) bridge.keep({ runId: message.record.id });
        break;
      case 'progress':
        progress = message.progress;
        break;
      case 'series':
        if (!store.apply(message)) askForAll();
        else if (message.offset.steps === 0) gotAll();
        break;
      case 'samples':
        if (!samples.apply(message.offset, message.samples)) askForAll();
        break;
      case 'experts':
        expertLoad = message.load;
        break;
      case 'missing':
        missing = message.reason;
        break;
      case 'notice':
        notice.show(message);
        break;
    }
    if (message.type === 'series') drawing.request();
    else drawing.now();
  }

  onThemeChange(() => {
    theme = readTheme();
    drawing.now();
  });
  bridge.listen(() => ({ type: 'ready', runId: bridge.kept.runId }), receive);
  draw();
}
