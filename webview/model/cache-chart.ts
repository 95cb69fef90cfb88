import { formatBytes } from '../../src/base/format';
import type { CacheGrowth, ModelMessage } from '../../src/protocol/model-panel';
import { binaryTicks, byteTicks, formatBytesTick, formatLengthTick } from '../shared/axis';
import { createChartCard, type NamedLine } from '../shared/chart-card';
import { createChartGroup } from '../shared/chart-group';
import { createCheckbox } from '../shared/controls';
import { element } from '../shared/element';
import { colorOf, type Theme } from '../shared/theme';
import { createZoom } from '../shared/zoom';
import { roleColor } from './palette';

/** What decoding keeps against the length of the text: a window bends, a state stays flat, full attention rises. */
export interface CacheChart {
  readonly root: HTMLElement;
  show(models: readonly ModelMessage[], theme: Theme): void;
}

const growthWords = { full: 'every token', latent: 'a latent per token', window: 'window', constant: 'state' } as const;
const growthDash = { full: [], latent: [10, 3, 2, 3], window: [6, 3], constant: [2, 3] } as const;

export function createCacheChart(
  initialLog: boolean,
  onChange: (log: boolean) => void,
  announce: (text: string) => void,
): CacheChart {
  let log = initialLog;
  let shown: { readonly models: readonly ModelMessage[]; readonly theme: Theme } | null = null;
  const zoom = createZoom('all lengths', () => draw());
  const group = createChartGroup({
    onCursor: x => card.showCursor(x),
    onRange: zoom.to,
    announce,
  });
  group.setAxis('tokens');
  const card = createChartCard({ title: 'KV cache and state', format: formatBytes, single: false }, group);
  const none = element('p', { class: 'quiet', text: 'Nothing is kept between tokens.' });
  const controls = element('div', {
    class: 'cache-controls',
    children: [
      createCheckbox('Log bytes', log, checked => {
        log = checked;
        onChange(checked);
        draw();
      }),
      zoom.button,
    ],
  });
  card.root.querySelector('header')?.after(controls);
  card.root.append(none);

  function draw(): void {
    if (shown === null) return;
    const { models, theme } = shown;
    const lines =
      models.length === 1 ? kindLines(models[0], theme) : models.map((model, index) => totalLine(model, index, theme));
    const drawn = lines.filter(({ y }) => (y[y.length - 1] ?? 0) > 0);
    none.hidden = drawn.length > 0;
    card.show(
      {
        lines: drawn,
        axis: 'tokens',
        range: zoom.range(),
        logX: true,
        logY: log,
        formatY: formatBytesTick,
        axisTitle: true,
        x: { title: 'Length of the text in tokens', format: formatLengthTick, ticks: binaryTicks },
        axisWidth: 58,
        ticksY: log ? binaryTicks : byteTicks,
      },
      theme,
    );
  }
  return {
    root: card.root,
    show(models, theme) {
      shown = { models, theme };
      // For tests: a canvas cannot be asked what it shows.
      card.root.dataset.kinds = models
        .flatMap(({ cache }) => cache.kinds.map(kind => `${kind.name} ${kind.growth}`))
        .join();
      draw();
    },
  };
}

/** One line for each way in which layers grow, and all of them together. */
function kindLines(model: ModelMessage | undefined, theme: Theme): readonly NamedLine[] {
  if (model === undefined) return [];
  const { tokens, kinds } = model.cache;
  const groups = new Map<string, { names: string[]; uses: number; growth: CacheGrowth; bytes: number[] }>();
  for (const { name, growth, bytes } of kinds) {
    const uses = model.layers.find(layer => layer.name === name)?.uses ?? 1;
    // Layers that keep the same are one line, whatever else they do.
    const key = `${growth} ${bytes.map(value => value / uses).join()}`;
    const group = groups.get(key) ?? { names: [], uses: 0, growth, bytes: bytes.map(() => 0) };
    group.names.push(name);
    group.uses += uses;
    group.bytes = group.bytes.map((sum, index) => sum + (bytes[index] ?? 0));
    groups.set(key, group);
  }
  const seen: CacheGrowth[] = [];
  const lines = [...groups.values()].map(({ names, uses, growth, bytes }): NamedLine => {
    // Two kinds that grow alike still need to be told apart.
    const alike = seen.filter(other => other === growth).length;
    seen.push(growth);
    const color = roleColor(theme, growth === 'constant' ? 'recurrence' : 'attention');
    const label = `${names.join(', ')} × ${uses} (${growthWords[growth]})`;
    return {
      label,
      x: tokens,
      y: bytes,
      color: alike === 0 ? color : colorOf(theme, 5 + alike),
      dash: growthDash[growth],
    };
  });
  return lines.length < 2
    ? lines
    : [...lines, { ...totalLine(model, 0, theme), label: 'all', color: theme.foreground }];
}

function totalLine({ reference, cache: { tokens, kinds } }: ModelMessage, index: number, theme: Theme): NamedLine {
  const y = tokens.map((_, at) => kinds.reduce((sum, { bytes }) => sum + (bytes[at] ?? 0), 0));
  return { label: reference.model, x: tokens, y, color: colorOf(theme, index), width: 2 };
}
