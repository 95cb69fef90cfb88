import { formatCount, formatDuration, formatFlops, formatInteger, formatMeasure } from '../base/format';
import { evalColumnNames, stepColumnNames } from '../protocol/series';
import type { ComparedRun, Comparison, RunSummary } from './compare-runs';

/** A row of the summary: exact values for CSV, rounded text for people. */
interface SummaryRow {
  readonly label: string;
  readonly shownLabel: string;
  readonly exact: (run: RunSummary) => string | number | null;
  readonly shown: (run: RunSummary) => string;
  /** Not shown to people when no run has it. */
  readonly rare?: true;
}

const textRow = (label: string, value: (run: RunSummary) => string): SummaryRow => ({
  label,
  shownLabel: label,
  exact: value,
  shown: value,
});

const numberRow = (
  label: string,
  value: (run: RunSummary) => number | null,
  format: (value: number) => string,
  shownLabel = label,
): SummaryRow => ({
  label,
  shownLabel,
  exact: value,
  shown(run) {
    const measured = value(run);
    return measured === null ? '-' : format(measured);
  },
});

const summaryRows: readonly SummaryRow[] = [
  textRow('Run', run => run.id),
  textRow('Status', run => run.status),
  numberRow('Parameters', run => run.parameters, formatInteger),
  numberRow('Steps', run => run.steps, formatInteger),
  numberRow('Tokens', run => run.tokens, formatCount),
  numberRow('Training FLOPs', run => run.flops, formatFlops),
  numberRow('Training time (ms)', run => run.elapsedMs, formatDuration, 'Training time'),
  numberRow('Training loss, last 20 steps', run => run.trainLoss, formatMeasure),
  numberRow('Validation loss, last', run => run.validationLoss, formatMeasure),
  numberRow('Validation loss, best', run => run.bestValidationLoss, formatMeasure),
  numberRow('Best at step', run => run.bestStep, formatInteger),
  numberRow('Perplexity, best', run => run.bestPerplexity, formatMeasure),
  numberRow('Bits per byte, best', run => run.bestBitsPerByte, formatMeasure),
  numberRow('Tokens per second', run => run.tokensPerSecond, formatInteger),
  numberRow('Samples per second', run => run.samplesPerSecond, formatMeasure),
  { ...numberRow('Expert imbalance, last 20 steps', run => run.expertImbalance, formatMeasure), rare: true },
];

/** The summary of a comparison for people: one row per quantity, one column per run. */
export const summaryTable = ({ runs }: Comparison): { label: string; values: string[] }[] =>
  summaryRows
    .filter(row => row.rare !== true || runs.some(run => row.exact(run) !== null))
    .map(row => ({ label: row.shownLabel, values: runs.map(row.shown) }));

/** A comparison as Markdown: the values, then the settings that differ. */
export function comparisonMarkdown(comparison: Comparison): string {
  const names = comparison.runs.map(run => run.name);
  const values = table(
    ['', ...names],
    summaryTable(comparison).map(({ label, values }) => [label, ...values]),
  );
  const settings = comparison.differences.map(({ path, values }) => [
    `\`${path}\``,
    ...values.map(value => value ?? '-'),
  ]);
  return [
    '## Runs',
    '',
    ...values,
    '',
    '## Settings that differ',
    '',
    ...(settings.length === 0 ? ['None.'] : table(['Setting', ...names], settings)),
    '',
  ].join('\n');
}

/** A comparison as CSV: one line per run; exact values, then the settings that differ. */
export function comparisonCsv({ runs, differences }: Comparison): string {
  const header = ['Name', ...summaryRows.map(row => row.label), ...differences.map(({ path }) => path)];
  const lines = runs.map((run, index) => [
    run.name,
    ...summaryRows.map(row => row.exact(run)),
    ...differences.map(({ values }) => values[index] ?? null),
  ]);
  return csv([header, ...lines]);
}

/** All recorded points as CSV, one line per run and row: what a spreadsheet or a notebook wants. */
export function curvesCsv(runs: readonly ComparedRun[]): string {
  const columns = [...new Set<string>([...stepColumnNames, ...evalColumnNames])];
  const lines = runs.flatMap(({ record, history }) =>
    [...history.steps, ...history.evals].map(row => {
      const values = new Map<string, string | number>(Object.entries(row));
      return [record.id, record.name, row.kind, ...columns.map(name => values.get(name) ?? null)];
    }),
  );
  return csv([['run', 'name', 'kind', ...columns], ...lines]);
}

const csv = (lines: readonly (readonly (string | number | null)[])[]): string =>
  lines.map(line => `${line.map(csvCell).join(',')}\r\n`).join('');

/** RFC 4180. */
function csvCell(value: string | number | null): string {
  if (value === null) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map(markdownCell).join(' | ')} |`;
  return [line(header), line(header.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)];
}

const markdownCell = (text: string): string => text.replace(/\r?\n/g, ' ').replaceAll('|', '\\|');
