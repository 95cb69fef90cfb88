import {
  type FromModelPanel,
  type ModelMessage,
  modelPanelAnswers,
  modelPanelStateSchema,
  modelPanelVersion,
  type ShowMessage,
  type ToModelPanel,
  toModelPanelSchema,
} from '../../src/protocol/model-panel';
import { connect } from '../shared/bridge';
import { createChoice, registerControls } from '../shared/controls';
import { createAnnouncer, createNotice, element, setText } from '../shared/element';
import { onThemeChange, readTheme } from '../shared/theme';
import { drawArchitecture } from './architecture-drawing';
import { createCacheChart } from './cache-chart';
import { costTable } from './cost-table';
import { createDetailsTip } from './details-tip';
import { differenceTable } from './difference-table';
import { type Comparison, compareModels } from './differences';
import { createFigure } from './figure';
import { createModelHeader } from './model-header';
import type { Pen } from './pen';
import { pictureOf } from './picture';
import { pageMeasure } from './text-fit';
import { tileList } from './tiles';
import { type AreaMeasure, drawTreemap } from './treemap-drawing';
import './model.css';

/** A picture is at least this wide. */
const pictureWidth = 760;

start();

/** Builds the page, tells the host that it listens, and from then on only draws what comes. */
function start(): void {
  registerControls();
  const bridge = connect<typeof toModelPanelSchema, FromModelPanel, typeof modelPanelStateSchema>({
    version: modelPanelVersion,
    incoming: toModelPanelSchema,
    answers: modelPanelAnswers,
    state: modelPanelStateSchema,
    initial: {
      version: modelPanelVersion,
      model: null,
      other: null,
      measure: 'total',
      logCache: true,
    },
  });

  let theme = readTheme();
  let measure = pageMeasure(theme.fontFamily);
  let shown: ShowMessage | null = null;
  let comparison: Comparison | null = null;
  const announcer = createAnnouncer();
  const tip = createDetailsTip();
  const reveal = (place: number) => bridge.send({ type: 'reveal', place });
  const sides = [0, 1].map(() => ({
    drawing: createFigure('drawing', tip, reveal),
    treemap: createFigure('treemap', tip, reveal),
    title: element('h3'),
  }));
  const header = createModelHeader({
    choose: model => bridge.send({ type: 'choose', model }),
    compare: action => bridge.send({ type: 'compare', action }),
    save: format => {
      // With its name, and not narrower than it can be read, however the panel stands.
      const scenes = pens().map(pen => drawArchitecture(pen, Math.max(pictureWidth, drawings.clientWidth), true));
      const content = pictureOf(scenes, format, theme);
      const names = models().map(({ reference }) => reference.model);
      if (content !== null)
        bridge.send({ type: 'savePicture', format, fileName: `${names.join('-')}.${format}`, content });
    },
  });
  const notice = createNotice(announcer.announce);
  const tiles = element('div');
  const drawings = element('section', {
    class: 'drawings',
    attributes: { 'aria-label': 'Drawn architecture' },
    children: sides.map(({ drawing }) => drawing.root),
  });
  const areas = createChoice<AreaMeasure>(
    'Areas',
    [
      { value: 'total', label: 'All parameters' },
      { value: 'active', label: 'Active per token' },
    ],
    bridge.kept.measure,
    chosen => {
      bridge.keep({ measure: chosen });
      draw();
    },
  );
  const treemap = element('section', {
    class: 'card treemap-card',
    attributes: { 'aria-label': 'Parameters as areas' },
    children: [
      element('header', { children: [element('h2', { text: 'Where the parameters are' }), areas] }),
      element('div', {
        class: 'treemaps',
        children: sides.map(({ treemap: figure, title }) => element('div', { children: [title, figure.root] })),
      }),
    ],
  });
  const cache = createCacheChart(bridge.kept.logCache, logCache => bridge.keep({ logCache }), announcer.announce);
  const tableTitle = element('h2');
  const table = element('div', { class: 'table-frame' });
  const tableCard = element('section', {
    class: 'card table-card',
    children: [element('header', { children: [tableTitle] }), table],
  });
  const body = element('main', {
    class: 'model-body',
    children: [drawings, element('div', { class: 'beside', children: [treemap, cache.root, tableCard] })],
  });
  const emptyText = element('p');
  const empty = element('section', {
    class: 'empty',
    children: [element('h2', { text: 'No model to draw' }), emptyText],
  });
  empty.hidden = true;
  document
    .getElementById('app')
    ?.append(
      element('div', { class: 'page model', children: [header.root, empty, tiles, body, notice.root] }),
      tip.root,
      announcer.root,
    );

  const models = (): readonly ModelMessage[] =>
    [shown?.model, shown?.other].filter(model => model !== null && model !== undefined);

  const pens = (): readonly Pen[] =>
    models().map((model, index) => {
      const marks = (index === 0 ? comparison?.left : comparison?.right) ?? new Map();
      return { model, theme, measure, marks };
    });

  function draw(): void {
    const [model, other = null] = models();
    for (const part of [header.root, tiles, body]) part.hidden = model === undefined;
    empty.hidden = model !== undefined || shown === null;
    tip.hide();
    if (model === undefined) return;
    comparison = other && compareModels(model, other);
    header.show(model, other, shown?.choices ?? []);
    tiles.replaceChildren(tileList(model, other));
    body.classList.toggle('pair', other !== null);
    const sparse = models().some(({ costs }) => costs.active !== costs.total);
    areas.hidden = !sparse;
    const measureOfAreas = sparse ? bridge.kept.measure : 'total';
    for (const [index, { drawing, treemap: figure, title }] of sides.entries()) {
      const each = models()[index];
      const pen = pens()[index] ?? null;
      setText(title, each?.reference.model ?? '');
      title.hidden = other === null;
      drawing.show(pen && (width => drawArchitecture(pen, width, other !== null)), theme.fontFamily);
      figure.show(
        pen &&
          (width => drawTreemap(pen, measureOfAreas, width, Math.round(Math.min(340, Math.max(220, width * 0.56))))),
        theme.fontFamily,
      );
    }
    cache.show(models(), theme);
    setText(
      tableTitle,
      comparison ? `What differs: ${comparison.differences.length} settings` : 'What each part costs',
    );
    table.replaceChildren(
      comparison && other ? differenceTable(comparison.differences, model, other) : costTable(model, theme, reveal),
    );
  }

  function receive(message: ToModelPanel): void {
    switch (message.type) {
      case 'show':
        shown = message;
        setText(emptyText, message.reason);
        bridge.keep({ model: message.model?.reference ?? bridge.kept.model, other: message.other?.reference ?? null });
        if (message.model !== null && message.reason !== '') notice.show({ severity: 'info', text: message.reason });
        else notice.clear();
        draw();
        break;
      case 'cursor':
        sides[0]?.drawing.point(message.place);
        break;
      case 'notice':
        notice.show(message);
        break;
    }
  }

  onThemeChange(() => {
    theme = readTheme();
    measure = pageMeasure(theme.fontFamily);
    draw();
  });
  bridge.listen(() => ({ type: 'ready', model: bridge.kept.model, other: bridge.kept.other }), receive);
  draw();
}
