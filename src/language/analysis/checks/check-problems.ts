import { type Rows, withPages } from '../problem-row';
import { type ExportCheckParams, exportCheckRows } from './export-check-problems';
import { type FeedForwardCheckParams, feedForwardCheckRows } from './feed-forward-check-problems';
import { type MixingCheckParams, mixingCheckRows } from './mixing-check-problems';
import { type SizeCheckParams, sizeCheckRows } from './size-check-problems';
import { type TrainingCheckParams, trainingCheckRows } from './training-check-problems';

/** What the message of each check needs to know, by the code of the check. */
export interface CheckParams
  extends MixingCheckParams,
    FeedForwardCheckParams,
    SizeCheckParams,
    TrainingCheckParams,
    ExportCheckParams {}

const rows: Rows<CheckParams> = {
  ...mixingCheckRows,
  ...feedForwardCheckRows,
  ...sizeCheckRows,
  ...trainingCheckRows,
  ...exportCheckRows,
};

/** Severity, title, page and message of every check. They are part of the one table in ../problems.ts. */
export const checkRows = withPages(rows, code => `checks/${code}`);
