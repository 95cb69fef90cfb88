import type { ModelMessage } from '../../src/protocol/model-panel';
import { createButton, createChoice } from '../shared/controls';
import { element, setText } from '../shared/element';

export interface HeaderActions {
  readonly choose: (model: string) => void;
  readonly compare: (action: 'pick' | 'end' | 'swap') => void;
  readonly save: (format: 'svg' | 'png') => void;
}

/** Which model is drawn, and what can be done with the drawing. */
export interface ModelHeader {
  readonly root: HTMLElement;
  show(model: ModelMessage, other: ModelMessage | null, choices: readonly string[]): void;
}

export function createModelHeader({ choose, compare, save }: HeaderActions): ModelHeader {
  const title = element('h1');
  const source = element('p', { class: 'quiet source' });
  const picker = element('div', { class: 'picker' });
  const pick = createButton('Compare with…', {
    title: 'Draws another model beside this one: of this file, of another, of the gallery, or of a run',
    onClick: () => compare('pick'),
  });
  const swap = createButton('Swap', { title: 'Changes the sides', onClick: () => compare('swap') });
  const end = createButton('End Comparison', { onClick: () => compare('end') });
  const root = element('header', {
    class: 'model-header',
    children: [
      element('div', { class: 'naming', children: [title, source] }),
      element('div', {
        class: 'buttons',
        children: [
          picker,
          pick,
          swap,
          end,
          createButton('SVG', { title: 'Saves the drawing as an SVG file', onClick: () => save('svg') }),
          createButton('PNG', { title: 'Saves the drawing as a picture', onClick: () => save('png') }),
        ],
      }),
    ],
  });
  let offered = '';
  return {
    root,
    show(model, other, choices) {
      const { reference } = model;
      setText(title, other === null ? reference.model : `${reference.model} and ${other.reference.model}`);
      setText(source, other === null ? model.source : `${model.source}, ${other.source}`);
      swap.hidden = other === null;
      end.hidden = other === null;
      setText(pick, other === null ? 'Compare with…' : 'Compare with Another…');
      picker.hidden = choices.length < 2 || other !== null;
      const wanted = JSON.stringify([choices, reference.model]);
      if (wanted === offered) return;
      offered = wanted;
      picker.replaceChildren(
        createChoice(
          'Model',
          choices.map(value => ({ value, label: value })),
          reference.model,
          choose,
        ),
      );
    },
  };
}
