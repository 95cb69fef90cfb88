import { formatBytes, formatCount, formatFlops, formatInteger } from '../../src/base/format';
import type { RunRecord, ShownStatus } from '../../src/protocol/run-records';

/** A line of what is known of a run: `detail` is shown on hover. */
export interface Fact {
  readonly label: string;
  readonly value: string;
  readonly detail: string | null;
}

/** Status in words. */
export const statusNames: Readonly<Record<ShownStatus, string>> = {
  preparing: 'Preparing',
  running: 'Running',
  paused: 'Paused',
  stopped: 'Stopped',
  completed: 'Completed',
  failed: 'Failed',
  interrupted: 'Interrupted',
};

/** What a reader wants to know of a run besides its curves. */
export function factsOf(record: RunRecord, dataTokens: number | null): Fact[] {
  const { spec, machine, engine } = record;
  const { train, model, data } = spec;
  const perStep = train.batch * train.accumulate * model.context;
  const facts: (Fact | null)[] = [
    fact('Parameters', formatCount(record.parameters), formatInteger(record.parameters)),
    fact(
      'Model',
      `${model.stack.length} ${model.stack.length === 1 ? 'layer' : 'layers'} × ${formatInteger(model.hidden)} hidden`,
      model.name,
    ),
    fact('Vocabulary', formatInteger(model.vocab), `${wordOf(data.tokenizer.id)} tokenizer`),
    fact('Context', `${formatInteger(model.context)} tokens`),
    fact(
      'Batch',
      `${train.batch}${train.accumulate > 1 ? ` × ${train.accumulate}` : ''} sequences`,
      `${formatInteger(perStep)} tokens per step`,
    ),
    (train.start ?? null) === null
      ? null
      : fact(
          'Started from',
          train.start ?? '',
          record.startedFrom ? `${record.startedFrom.title}, SHA-256 ${record.startedFrom.sha256}` : undefined,
        ),
    fact('Length', `${formatCount(train.steps * perStep)} tokens`, `${formatInteger(train.steps)} steps`),
    fact(
      'Optimizer',
      `${wordOf(train.optimizer.id)}, ${wordOf(train.schedule.id)} schedule`,
      settingsIn(train.optimizer.config),
    ),
    (train.ema ?? null) === null
      ? null
      : fact(
          'Judged by',
          `average of the weights, ${train.ema}`,
          'The average is what is validated, writes the samples and is exported (ema)',
        ),
    fact('Precision', train.precision),
    fact('Seed', String(record.seed)),
    fact(
      'Data',
      data.source ?? 'bundled corpus',
      record.dataHash === null ? undefined : `Content hash ${record.dataHash}`,
    ),
    dataTokens === null ? null : fact('Data size', `${formatCount(dataTokens)} tokens`, formatInteger(dataTokens)),
    fact('Training cost', formatFlops(record.trainingFlopsPerToken, '/token')),
    machine === null
      ? null
      : fact(
          'Machine',
          machine.cpu,
          `${machine.cores} cores, ${formatBytes(machine.memoryBytes)}, ${machine.platform}`,
        ),
    engine === null ? null : fact('Engine', `${engine.backend}, ${engine.threads} threads`, engine.detail),
    fact('Started', dateText(record.createdAt), record.id),
    record.endedAt === null ? null : fact('Ended', dateText(record.endedAt)),
    fact('Versions', `Supra ${record.versions.supra}`, `Node ${record.versions.node}`),
  ];
  return facts.filter(line => line !== null);
}

const fact = (label: string, value: string, detail?: string): Fact => ({ label, value, detail: detail ?? null });

/** `optimizer.adamw` is written `adamw` in the language. */
const wordOf = (id: string): string => id.slice(id.indexOf('.') + 1);

const settingsIn = (config: object): string =>
  Object.entries(config)
    .filter(([, value]) => typeof value !== 'object' || Array.isArray(value))
    .map(([name, value]) => `${name} = ${Array.isArray(value) ? `[${value.join(', ')}]` : value}`)
    .join('  ');

/** A moment in the reader's own way of writing. */
export function dateText(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime())
    ? iso
    : date.toLocaleString(undefined, {
        year: 'numeric',
        month: 'short',
        day: 'numeric',
        hour: '2-digit',
        minute: '2-digit',
      });
}
