import * as v from 'valibot';
import { expertLoadSchema } from './expert-load';
import { runRecordSchema, sampleRowSchema } from './run-records';
import { seriesMessageSchema } from './series';
import { shownStatusSchema } from './training-panel';

/**
 * The border between `supra report`, which writes an HTML file, and the script inside it, which draws it. The data lies in
 * the file as JSON; the file needs no network and no other file.
 */
export const reportVersion = 1;
/** Id of the element that holds the JSON. */
export const reportDataId = 'supra-report';

const run = v.object({
  record: runRecordSchema,
  shown: shownStatusSchema,
  /** Curves thinned to what a screen can show, spikes kept. */
  series: seriesMessageSchema,
  samples: v.array(sampleRowSchema),
  /** Load of the experts over the last steps; null for a model without any. */
  experts: v.nullable(expertLoadSchema),
  /** The snapshot model.supra. */
  source: v.string(),
});

const row = v.object({ label: v.string(), values: v.array(v.nullable(v.string())) });

export const reportSchema = v.object({
  version: v.literal(reportVersion),
  title: v.string(),
  /** When and by what it was made. */
  made: v.string(),
  runs: v.array(run),
  /** Values, one column per run. */
  summary: v.array(row),
  /** Settings that differ, one column per run. */
  differences: v.array(row),
});
export type Report = v.InferOutput<typeof reportSchema>;
export type ReportRun = v.InferOutput<typeof run>;
