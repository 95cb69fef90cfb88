import { formatPercent } from '../../src/base/format';
import type { FromTrainingPanel, ToTrainingPanel, TrainingRunMessage } from '../../src/protocol/training-panel';
import { createButton, createProgressRing } from '../shared/controls';
import { element, setText } from '../shared/element';
import { controlsOf, reasonOf } from './view-state';

type PreparationProgress = Extract<ToTrainingPanel, { type: 'progress' }>['progress'];

/** What is there to say apart from numbers: preparation, the reason of an end, no run at all. */
export interface Situation {
  readonly root: HTMLElement;
  /** True when there is nothing else to show yet. */
  show(run: TrainingRunMessage | null, progress: PreparationProgress, missing: string | null): void;
}

export function createSituation(send: (message: FromTrainingPanel) => void): Situation {
  const phase = element('span', { class: 'phase' });
  const share = element('span', { class: 'number' });
  const fill = element('div', { class: 'bar-fill' });
  const bar = element('div', {
    class: 'bar',
    attributes: { role: 'progressbar', 'aria-label': 'Preparation', 'aria-valuemin': '0', 'aria-valuemax': '100' },
    children: [fill],
  });
  const preparing = element('section', {
    class: 'card preparing',
    children: [
      element('div', { class: 'phase-row', children: [createProgressRing(), phase, share] }),
      bar,
      element('p', { class: 'quiet', text: 'The curves appear with the first step.' }),
    ],
  });

  const reasonTitle = element('h2');
  const reasonText = element('p');
  const resume = createButton('Resume', {
    appearance: 'primary',
    title: 'Goes on from the last checkpoint.',
    onClick: () => send({ type: 'control', request: 'resume' }),
  });
  const spec = createButton('Open spec', { onClick: () => send({ type: 'open', target: 'spec' }) });
  const reason = element('section', {
    class: 'card reason',
    attributes: { role: 'group', 'aria-label': 'Why training ended' },
    children: [
      element('div', { class: 'reason-text', children: [reasonTitle, reasonText] }),
      element('div', { class: 'buttons', children: [resume, spec] }),
    ],
  });

  const emptyText = element('p');
  const empty = element('section', {
    class: 'empty',
    children: [
      element('h2', { text: 'No run to show' }),
      emptyText,
      createButton('Train Model', { appearance: 'primary', onClick: () => send({ type: 'open', target: 'train' }) }),
    ],
  });

  return {
    root: element('div', { class: 'situation', children: [preparing, reason, empty] }),
    show(run, progress, missing) {
      const waits = run === null && missing === null;
      preparing.hidden =
        missing !== null || !(waits || run?.shown === 'preparing' || (progress !== null && run?.shown === 'running'));
      const fraction = progress?.fraction ?? null;
      setText(phase, waits ? 'Reading the run' : (progress?.phase ?? 'Preparing'));
      setText(share, fraction === null ? '' : formatPercent(fraction));
      bar.hidden = fraction === null;
      fill.style.transform = `scaleX(${fraction ?? 0})`;
      bar.setAttribute('aria-valuenow', String(Math.round((fraction ?? 0) * 100)));

      const ended = run === null || missing !== null ? null : reasonOf(run.shown, run.record.reason);
      reason.hidden = ended === null;
      if (ended !== null && run !== null) {
        reason.dataset.severity = ended.severity;
        setText(reasonTitle, ended.title);
        setText(reasonText, ended.text);
        const controls = controlsOf(run);
        resume.hidden = run.shown === 'completed' || !run.canResume;
        resume.disabled = !controls.mainEnabled;
      }
      empty.hidden = missing === null;
      setText(emptyText, missing ?? '');
    },
  };
}
