import { formatCount, formatDuration, formatInteger, formatMeasure, formatPercent } from '../../src/base/format';
import type { Series } from '../../src/protocol/series';
import type { FromTrainingPanel, TrainingRunMessage } from '../../src/protocol/training-panel';
import { createButton } from '../shared/controls';
import { element, setText } from '../shared/element';
import { statusNames } from '../shared/run-facts';
import { controlsOf, progressOf } from './view-state';

/** Name, status, buttons, progress and the few numbers that one looks for first. */
export interface Header {
  /** Stays in view. */
  readonly root: HTMLElement;
  /** Scrolls with the page. */
  readonly tiles: HTMLElement;
  show(run: TrainingRunMessage, series: Series): void;
}

export function createHeader(send: (message: FromTrainingPanel) => void): Header {
  let main: 'pause' | 'resume' = 'pause';
  const name = element('h1');
  const status = element('span', { class: 'status-text' });
  const pill = element('span', { class: 'pill', children: [element('span', { class: 'dot' }), status] });
  const mainButton = createButton('Pause', { onClick: () => send({ type: 'control', request: main }) });
  const stopButton = createButton('Stop', {
    title: 'Stops at the next step and writes a checkpoint: the run can be resumed later.',
    onClick: () => send({ type: 'control', request: 'stop' }),
  });
  const bar = element('div', { class: 'bar-fill' });
  const track = element('div', {
    class: 'bar',
    attributes: {
      role: 'progressbar',
      'aria-label': 'Training progress',
      'aria-valuemin': '0',
      'aria-valuemax': '100',
    },
    children: [bar],
  });
  const steps = element('span', { class: 'number' });
  const eta = element('span', { class: 'number' });
  const tiles = createTiles(['Train loss', 'Validation loss', 'Perplexity', 'Tokens/s', 'Training time', 'Engine']);
  const open = (label: string, target: 'spec' | 'folder' | 'compare') => {
    const link = element('button', { class: 'link', text: label, attributes: { type: 'button' } });
    link.addEventListener('click', () => send({ type: 'open', target }));
    return link;
  };
  const root = element('header', {
    class: 'run-header',
    children: [
      element('div', {
        class: 'title-row',
        children: [
          element('div', { class: 'title', children: [name, pill] }),
          element('nav', {
            class: 'links',
            attributes: { 'aria-label': 'Run' },
            children: [open('Open spec', 'spec'), open('Compare with…', 'compare'), open('Open run folder', 'folder')],
          }),
          element('div', { class: 'buttons', children: [mainButton, stopButton] }),
        ],
      }),
      track,
      element('div', { class: 'progress-row', children: [steps, eta] }),
    ],
  });

  return {
    root,
    tiles: tiles.root,
    show(run, series) {
      const controls = controlsOf(run);
      const progress = progressOf(run, series.steps);
      main = controls.main;
      setText(name, run.record.name);
      setText(status, controls.busy ?? statusNames[run.shown]);
      pill.dataset.status = run.shown;
      setText(mainButton, controls.main === 'pause' ? 'Pause' : 'Resume');
      mainButton.disabled = !controls.mainEnabled;
      // The box with the reason has the one prominent button of an ended run.
      mainButton.appearance = run.shown === 'paused' && controls.mainEnabled ? 'primary' : 'secondary';
      mainButton.title =
        controls.main === 'pause'
          ? 'Pauses at the next step; the trainer keeps its memory.'
          : 'Goes on exactly where the run stood.';
      stopButton.disabled = !controls.stopEnabled;
      bar.style.transform = `scaleX(${progress.fraction})`;
      track.dataset.status = run.shown;
      track.setAttribute('aria-valuenow', String(Math.round(progress.fraction * 100)));
      setText(
        steps,
        `Step ${formatInteger(progress.step)} of ${formatInteger(progress.steps)} · ${formatPercent(progress.fraction)}`,
      );
      setText(eta, remark(run, progress.etaMs));
      showTiles(tiles, run, series, progress.tokensPerSecond);
    },
  };
}

/** Time to go, or what a stop means: nothing was asked, so it is said. */
function remark(run: TrainingRunMessage, etaMs: number | null): string {
  if (run.pending === 'stop') return 'Stops at the next step with a checkpoint; it can be resumed later';
  if (run.pending === 'pause') return 'Pauses at the next step';
  return etaMs === null ? '' : `${formatDuration(etaMs)} left`;
}

function showTiles(tiles: Tiles, run: TrainingRunMessage, { steps, evals }: Series, speed: number | null): void {
  const last = (column: ArrayLike<number>) => column[column.length - 1];
  const measure = (value: number | undefined) => (value === undefined ? '–' : formatMeasure(value));
  const { best, engine } = run.record;
  tiles.set('Train loss', measure(last(steps.loss)), 'Of the last step, in nats per token');
  tiles.set(
    'Validation loss',
    measure(last(evals.loss)),
    best === null ? '' : `Best ${formatMeasure(best.loss)} at step ${formatInteger(best.step)}`,
  );
  tiles.set('Perplexity', measure(last(evals.perplexity)), 'Of the held-out text, per token');
  tiles.set('Tokens/s', speed === null ? '–' : formatCount(speed), 'Mean of the last 20 steps');
  const elapsed = last(steps.elapsedMs);
  tiles.set('Training time', elapsed === undefined ? '–' : formatDuration(elapsed), 'Without pauses and evaluations');
  tiles.set('Engine', engine === null ? '–' : engine.backend, engine === null ? '' : engine.detail);
}

interface Tiles {
  readonly root: HTMLElement;
  set(label: string, value: string, detail: string): void;
}

function createTiles(labels: readonly string[]): Tiles {
  const values = new Map(labels.map(label => [label, element('dd', { class: 'number' })]));
  const root = element('dl', {
    class: 'tiles',
    children: [...values].map(([label, value]) =>
      element('div', { children: [element('dt', { text: label }), value] }),
    ),
  });
  return {
    root,
    set(label, value, detail) {
      const target = values.get(label);
      if (target === undefined) throw new Error(`Expected one of ${labels.join(', ')}, got ${label}.`);
      setText(target, value);
      if (target.parentElement !== null && target.parentElement.title !== detail) target.parentElement.title = detail;
    },
  };
}
