import * as v from 'valibot';
import { runRecordSchema } from './run-records';
import { seriesMessageSchema } from './series';
import { shownStatusSchema } from './training-panel';

/**
 * The border between the extension host and the comparison panel, both ways, in envelopes (`seal`, `open`).
 *
 * Order: the panel loads and says `ready` with the runs that it showed before; the host answers with `runs` (all of the
 * workspace) and, when it was opened for certain runs, `select`. The panel answers each change of the choice with
 * `selected`; the host then sends `series` from offset 0 of the runs in `missing` and a `comparison` of the chosen ones,
 * and sends both again (series as appended rows) when one of these runs goes on. A message may be lost while a side does
 * not listen yet, so the page says `ready` again until one of `comparePanelAnswers` has come, and the host answers each
 * `ready` in full, `select` included until the page has said `selected`.
 */
export const comparePanelVersion = 1;

const ids = v.array(v.string());

/** Every run of the workspace, in the order of the runs view. Small: sent again whole when one changes. */
const runs = v.object({
  type: v.literal('runs'),
  runs: v.array(v.object({ record: runRecordSchema, shown: shownStatusSchema })),
});

/** Show these runs instead of the present choice. */
const select = v.object({ type: v.literal('select'), runIds: ids });

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const finite = v.pipe(v.number(), v.finite());
const measured = v.nullable(finite);

/** The values of one run, as `summaryOf` of src/runs/compare-runs.ts makes them. */
const summary = v.object({
  id: v.string(),
  parameters: count,
  steps: count,
  tokens: count,
  flops: finite,
  elapsedMs: finite,
  trainLoss: measured,
  validationLoss: measured,
  bestValidationLoss: measured,
  bestStep: v.nullable(count),
  bestPerplexity: measured,
  bestBitsPerByte: measured,
  tokensPerSecond: measured,
  samplesPerSecond: measured,
  expertImbalance: measured,
});
/** `compareRuns` of src/runs/compare-runs.ts for the chosen runs, in the order of the choice. */
const comparison = v.object({
  type: v.literal('comparison'),
  runs: v.array(summary),
  /** Only the settings that differ: path in the words of the language, one value per run. */
  differences: v.array(v.object({ path: v.string(), values: v.array(v.nullable(v.string())) })),
});

const notice = v.object({ type: v.literal('notice'), severity: v.picklist(['info', 'error']), text: v.string() });

export const toComparePanelSchema = v.variant('type', [runs, select, seriesMessageSchema, comparison, notice]);
/** What answers `ready`. */
export const comparePanelAnswers = ['runs'] as const satisfies readonly ToComparePanel['type'][];
export type ToComparePanel = v.InferOutput<typeof toComparePanelSchema>;
export type RunSummaryView = v.InferOutput<typeof summary>;
export type ComparisonMessage = v.InferOutput<typeof comparison>;
export type CompareRun = v.InferOutput<typeof runs>['runs'][number];

/** The page listens. `runIds` is what a restored panel showed. */
const ready = v.object({ type: v.literal('ready'), runIds: ids });
/** The user chose these; `missing` are those of them that the panel has no rows of. */
const selected = v.object({ type: v.literal('selected'), runIds: ids, missing: ids });
/** Show the two snapshots in VS Code's diff editor. */
const diff = v.object({ type: v.literal('diff'), left: v.string(), right: v.string() });
/** Write these runs where the user says: the table as CSV or Markdown, or every recorded point as CSV. */
const exportRuns = v.object({
  type: v.literal('export'),
  format: v.picklist(['csv', 'markdown', 'points']),
  runIds: ids,
});
/** Write the picture of the chart where the user says. `fileName` is a proposal, `png` is base64. */
const savePicture = v.object({ type: v.literal('savePicture'), fileName: v.string(), png: v.string() });
/** `training`, `spec`, `folder` of a run. */
const openRun = v.object({
  type: v.literal('open'),
  runId: v.string(),
  target: v.picklist(['training', 'spec', 'folder']),
});
/** There are no runs: the command that trains one. */
const train = v.object({ type: v.literal('train') });
/** Rows of this run were missed; send them from offset 0. */
const resync = v.object({ type: v.literal('resync'), runId: v.string() });
const problem = v.object({ type: v.literal('problem'), text: v.string() });

export const fromComparePanelSchema = v.variant('type', [
  ready,
  selected,
  diff,
  exportRuns,
  savePicture,
  openRun,
  train,
  resync,
  problem,
]);
export type FromComparePanel = v.InferOutput<typeof fromComparePanelSchema>;

/** What the panel keeps with `setState`. */
export const comparePanelStateSchema = v.object({
  version: v.literal(comparePanelVersion),
  runIds: ids,
  /** The run that deltas are taken from; null: the first chosen. */
  baselineId: v.nullable(v.string()),
  axis: v.picklist(['step', 'tokens', 'time', 'flops']),
  metric: v.picklist(['loss', 'validation', 'gradientNorm', 'learningRate', 'tokensPerSecond']),
  logX: v.boolean(),
  logY: v.boolean(),
  smoothing: v.pipe(v.number(), v.minValue(0), v.maxValue(0.999)),
});
export type ComparePanelState = v.InferOutput<typeof comparePanelStateSchema>;
