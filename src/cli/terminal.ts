import { formatInteger } from '../base/format';
import type { TerminalStyle } from '../runs/progress-view';
import { type Paint, painter, widthOf } from '../runs/terminal-text';

/** What standard output is: a terminal that can redraw, or a file or pipe. */
export interface Terminal extends TerminalStyle {
  readonly live: boolean;
  readonly paint: Paint;
}

/** Looks at a stream and the environment. NO_COLOR and FORCE_COLOR are respected; what is no terminal gets plain lines. */
export function terminalOf(
  stream: { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number } = process.stdout,
  environment: NodeJS.ProcessEnv = process.env,
): Terminal {
  const isTerminal = stream.isTTY === true;
  const forced = environment.FORCE_COLOR !== undefined && environment.FORCE_COLOR !== '0';
  const refused = environment.NO_COLOR !== undefined && environment.NO_COLOR !== '';
  const dumb = environment.TERM === 'dumb';
  const colors = !refused && (forced || (isTerminal && !dumb));
  return {
    live: isTerminal && !dumb,
    width: stream.columns ?? 100,
    height: stream.rows ?? 24,
    colors,
    unicode: canUnicode(environment),
    paint: painter(colors),
  };
}

/** Terminals speak UTF-8 unless the locale says otherwise. */
function canUnicode(environment: NodeJS.ProcessEnv): boolean {
  const locale = environment.LC_ALL || environment.LC_CTYPE || environment.LANG || '';
  return locale === '' || /utf-?8/i.test(locale) || process.platform === 'win32';
}

/** Writes a line to standard output. */
export const print = (line = ''): void => void process.stdout.write(`${line}\n`);
/** Writes a line to standard error. */
export const warn = (line: string): void => void process.stderr.write(`${line}\n`);

/** Rows in columns. Columns of numbers are set to the right. */
export function alignColumns(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => widthOf(row[column] ?? ''))));
  return rows.map(row =>
    row
      .map((cell, column) => {
        const padding = ' '.repeat((widths[column] ?? 0) - widthOf(cell));
        return right.includes(column) ? padding + cell : cell + padding;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** `1 error`, `2 errors`. */
export const plural = (count: number, noun: string): string =>
  `${formatInteger(count)} ${noun}${count === 1 ? '' : 's'}`;
