import { cacheElementBytes } from '../../architecture/costs';
import { formatBytes, formatFlops, formatInteger, formatMeasure, formatPercent } from '../../base/format';
import type { NumberLiteral } from '../syntax/tree';
import type { Analysed } from './analysed';
import { type Effect, effectOf, type Figure, type Figures, type Notch } from './notches';
import type { Place } from './place';
import { readValue } from './wording';

/** What a number contributes and what one notch up or down would change, as markdown; undefined where that is not known. */
export function numberMarkdown(analysed: Analysed, place: Place, node: NumberLiteral): string | undefined {
  const effect = effectOf(analysed, place, node);
  if (!effect) return undefined;
  const table = notchTable(effect, node.value);
  const notches = effect.down ?? effect.up;
  if (table === undefined) return notches ? 'No size, cost or memory depends on it.' : undefined;
  return [contribution(effect), table].filter(part => part !== '').join('\n\n');
}

/** How much of the model is shaped by the number. */
function contribution({ depends, here }: Effect): string {
  if (!depends) return '';
  const figure = (name: Figure) => here.get(name) ?? 0;
  const share = (part: number, whole: Figure) => formatPercent(part / Math.max(1, figure(whole)));
  const parts = [
    ...(depends.elements === 0
      ? []
      : [`${formatInteger(depends.elements)} parameters (${share(depends.elements, 'parameters')})`]),
    ...(depends.active === depends.elements
      ? []
      : [`${formatInteger(depends.active)} of them active (${share(depends.active, 'active')} of the active)`]),
    ...(depends.flopsPerToken === 0 ? [] : [`${share(depends.flopsPerToken, 'flopsPerToken')} of the FLOPs`]),
    ...(depends.cacheElements === 0 ? [] : [`${share(depends.cacheElements, 'cacheElements')} of the KV cache`]),
  ];
  return parts.length === 0 ? '' : `Bears on ${parts.join(', ')}.`;
}

/** The figures that a notch changes, with the differences. Undefined if it changes none. */
function notchTable({ here, spec, down, up }: Effect, value: number): string | undefined {
  const changed = [...here.keys()].filter(figure =>
    [down, up].some(notch => notch && notch.figures.get(figure) !== here.get(figure)),
  );
  // Where all parameters are active, or change as the total does, one row says it.
  const rows = changed.filter(figure => figure !== 'active' || !isSameAsTotal(here, down, up));
  if (rows.length === 0) return undefined;
  const number = (of: number) => readValue(of, { kind: 'number' });
  const columns = [
    ...(down ? [{ head: number(down.value), notch: down }] : []),
    { head: `**${number(value)}**`, notch: undefined },
    ...(up ? [{ head: number(up.value), notch: up }] : []),
  ];
  const lines = rows.map(figure => {
    const base = here.get(figure) ?? 0;
    const cells = columns.map(({ notch }) =>
      notch ? difference(figure, base, notch.figures.get(figure)) : show(figure, base),
    );
    return `| ${label(figure, spec.context)} | ${cells.join(' | ')} |`;
  });
  const head = `| | ${columns.map(column => column.head).join(' | ')} |`;
  return [head, `|:--|${columns.map(() => '--:').join('|')}|`, ...lines].join('\n');
}

function isSameAsTotal(here: Figures, ...notches: readonly (Notch | undefined)[]): boolean {
  const rest = (figures: Figures) => (figures.get('parameters') ?? 0) - (figures.get('active') ?? 0);
  return [here, ...notches.flatMap(notch => notch?.figures ?? [])].every(figures => rest(figures) === 0);
}

function label(figure: Figure, context: number): string {
  switch (figure) {
    case 'auto':
      return '`auto`';
    case 'parameters':
      return 'parameters';
    case 'active':
      return 'active per token';
    case 'mtp':
      return 'prediction modules';
    case 'flopsPerToken':
      return 'FLOP per token, forward';
    case 'cacheElements':
      return `KV cache at ${formatInteger(context)} tokens`;
    case 'tokens':
      return 'tokens';
    case 'tokensPerParameter':
      return 'tokens per parameter';
    case 'runFlops':
      return 'FLOP of the whole run';
    case 'memoryBytes':
      return 'memory, estimated';
  }
}

function show(figure: Figure, value: number): string {
  switch (figure) {
    case 'flopsPerToken':
    case 'runFlops':
      return formatFlops(value);
    case 'cacheElements':
      return formatBytes(value * cacheElementBytes);
    case 'memoryBytes':
      return formatBytes(value);
    case 'tokensPerParameter':
      return formatMeasure(value);
    default:
      return formatInteger(value);
  }
}

function difference(figure: Figure, here: number, there: number | undefined): string {
  if (there === undefined) return '';
  if (figure === 'auto') return show(figure, there);
  if (there === here) return '=';
  const sign = there > here ? '+' : '−';
  const share = here === 0 ? '' : ` (${sign}${formatPercent(Math.abs(there - here) / here)})`;
  return `${sign}${show(figure, Math.abs(there - here))}${share}`;
}
