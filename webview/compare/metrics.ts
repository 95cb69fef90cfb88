import { formatCount, formatMeasure } from '../../src/base/format';
import type { ComparePanelState } from '../../src/protocol/compare-panel';
import type { Column, Series } from '../../src/protocol/series';
import type { AxisColumns } from '../shared/axis';

/** What can be drawn of each run. */
export type Metric = ComparePanelState['metric'];

export interface MetricView {
  readonly title: string;
  /** Written in every step, so that there is noise to smooth away; evaluations are few and exact. */
  readonly perStep: boolean;
  readonly table: (series: Series) => AxisColumns;
  readonly values: (series: Series) => Column;
  readonly format: (value: number) => string;
  /** Order in which a reader wants the runs at the cross-hair. */
  readonly best: 'low' | 'high' | null;
}

const perStep = { perStep: true, table: ({ steps }: Series) => steps };

export const metrics: Readonly<Record<Metric, MetricView>> = {
  loss: { ...perStep, title: 'Train loss', values: ({ steps }) => steps.loss, format: formatMeasure, best: 'low' },
  validation: {
    title: 'Validation loss',
    perStep: false,
    table: ({ evals }) => evals,
    values: ({ evals }) => evals.loss,
    format: formatMeasure,
    best: 'low',
  },
  gradientNorm: {
    ...perStep,
    title: 'Gradient norm',
    values: ({ steps }) => steps.gradientNorm,
    format: formatMeasure,
    best: null,
  },
  learningRate: {
    ...perStep,
    title: 'Learning rate',
    values: ({ steps }) => steps.learningRate,
    format: formatMeasure,
    best: null,
  },
  tokensPerSecond: {
    ...perStep,
    title: 'Tokens/s',
    values: ({ steps }) => steps.tokensPerSecond,
    format: formatCount,
    best: 'high',
  },
};

export const metricNames = Object.keys(metrics) as Metric[];
