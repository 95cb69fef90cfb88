import type { TrainingRunMessage } from '../../src/protocol/training-panel';
import { element } from '../shared/element';
import { factsOf } from '../shared/run-facts';

/** What the run is: facts and the snapshot of its spec. */
export interface Details {
  readonly root: HTMLElement;
  show(run: TrainingRunMessage): void;
}

export function createDetails(open: readonly string[], onToggle: (open: readonly string[]) => void): Details {
  let key = '';
  let last: TrainingRunMessage | null = null;
  const list = element('dl', { class: 'facts' });
  const code = element('code');
  const source = element('details', {
    class: 'source',
    children: [
      element('summary', { text: 'model.supra of this run' }),
      element('pre', { attributes: { tabindex: '0', 'aria-label': 'model.supra of this run' }, children: [code] }),
    ],
  });
  source.open = open.includes('source');
  source.addEventListener('toggle', () => onToggle(source.open ? ['source'] : []));
  return {
    root: element('section', {
      class: 'card details',
      attributes: { 'aria-label': 'About this run' },
      children: [element('header', { children: [element('h2', { text: 'About this run' })] }), list, source],
    }),
    show(run) {
      if (run === last) return;
      last = run;
      const facts = factsOf(run.record, run.dataTokens);
      const now = JSON.stringify([facts, run.source]);
      // Rebuilt only when something changed: run.json is sent again every few steps.
      if (now === key) return;
      key = now;
      list.replaceChildren(
        ...facts.map(({ label, value, detail }) =>
          element('div', {
            ...(detail === null ? {} : { title: detail }),
            children: [element('dt', { text: label }), element('dd', { text: value })],
          }),
        ),
      );
      code.textContent = run.source;
      source.hidden = run.source === '';
    },
  };
}
