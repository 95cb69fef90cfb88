import type { SampleRow } from '../protocol/run-records';
import type { RunUpdate } from './follow-run';
import {
  endLines,
  evalLine,
  type ProgressState,
  progressLine,
  renderProgress,
  renderSample,
  type TerminalStyle,
} from './progress-view';
import { createHistory } from './run-history';
import { widthOf } from './terminal-text';

/**
 * The view of one run in a terminal. Every function returns what to write to it; nothing is written here, so the command
 * line and the editor's pseudoterminal use the same one. Lines end in CR LF, which both need or bear.
 */
export interface ProgressTerminal {
  /** What is new in the run folder. */
  update(update: RunUpdate): string;
  /** What the trainer says while it prepares; `null` when it is done. */
  preparing(progress: { phase: string; fraction: number | null } | null): string;
  resize(width: number, height: number): string;
  /** Lines above the live part, which stay. */
  say(text: string): string;
  /** The last frame and how the run ended; gives the cursor back. */
  finish(): string;
  state(): ProgressState;
}

export interface ProgressTerminalOptions extends TerminalStyle {
  /** The terminal can move its cursor: a live frame; otherwise lines that only ever append. */
  readonly live: boolean;
}

/** Lines that a run leaves in a log without cursor movement, evaluations and samples apart. */
const logLines = 20;

/** Makes the view of one run. */
export function createProgressTerminal(options: ProgressTerminalOptions): ProgressTerminal {
  let style: TerminalStyle = options;
  let record: ProgressState['record'] = null;
  let status: ProgressState['status'] = null;
  let phase: ProgressState['preparing'] = null;
  const history = createHistory();
  let frame: readonly string[] = [];
  let begun = false;
  let finished = false;
  let loggedStep = 0;
  let seenSample = 0;

  const state = (): ProgressState => ({
    record,
    status,
    preparing: phase,
    steps: history.steps,
    evals: history.evals,
  });

  /** Puts lines above the frame and draws the frame anew. */
  function draw(above: readonly string[]): string {
    if (!options.live) return above.map(line => `${line}\r\n`).join('');
    if (finished) return '';
    const up = rowsOf(frame, style.width);
    frame = renderProgress(state(), style);
    const start = begun ? '' : '\x1b[?25l';
    begun = true;
    const back = up === 0 ? '\r' : `\x1b[${up}A\r`;
    const lines = [...above, ...frame].map(line => `${line}\x1b[K\r\n`).join('');
    // Mode 2026: terminals that know it show the whole frame at once, others ignore it.
    return `\x1b[?2026h${start}${back}${lines}\x1b[J\x1b[?2026l`;
  }

  function logOf(update: RunUpdate): string[] {
    if (options.live || record === null) return [];
    const every = Math.max(1, Math.ceil(record.spec.train.steps / logLines));
    const lines: string[] = [];
    for (const row of update.metrics) {
      if (row.kind === 'eval') lines.push(evalLine(row));
      else if (row.step >= loggedStep + every || row.step === record.spec.train.steps) {
        loggedStep = row.step;
        lines.push(
          progressLine(
            record,
            history.steps.filter(step => step.step <= row.step),
          ),
        );
      }
    }
    return lines;
  }

  /** The newest samples; when a view comes late, not all of the past. */
  function samplesOf(rows: readonly SampleRow[]): string[] {
    const newest = rows.at(-1)?.step ?? 0;
    const fresh = rows.filter(row => row.step > seenSample && (seenSample > 0 || row.step === newest));
    seenSample = Math.max(seenSample, newest);
    return fresh.flatMap((row, index) => {
      const lines = renderSample(row, style);
      // Samples of one step stand together under one line that says so.
      const begun = fresh[index - 1]?.step === row.step;
      const goesOn = fresh[index + 1]?.step === row.step;
      return [...(begun ? lines.slice(1) : lines), ...(goesOn ? [] : [''])];
    });
  }

  return {
    update(update) {
      if (update.restarted) history.clear();
      record = update.record ?? record;
      status = update.status ?? status;
      if (update.metrics.length > 0) phase = null;
      history.addMetrics(update.metrics);
      history.addSamples(update.samples);
      return draw([...logOf(update), ...samplesOf(update.samples)]);
    },
    preparing(progress) {
      const news = progress !== null && progress.phase !== phase?.phase;
      phase = progress;
      return draw(news && !options.live ? [progress.phase] : []);
    },
    resize(width, height) {
      // The old frame's rows are counted at the new width: the terminal has wrapped them by now.
      style = { ...style, width, height };
      return draw([]);
    },
    say: text => draw(text.split('\n')),
    finish() {
      const drawn = draw([]);
      const ended = [...(options.live ? [''] : []), ...endLines(state(), style)].map(line => `${line}\r\n`).join('');
      const already = finished;
      finished = true;
      return already ? '' : `${drawn}${ended}${begun ? '\x1b[?25h' : ''}`;
    },
    state,
  };
}

/** Rows of the screen that lines take, also those that a window made narrower has wrapped. */
const rowsOf = (lines: readonly string[], width: number): number =>
  lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / Math.max(1, width))), 0);
