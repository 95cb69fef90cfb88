import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type FakeRun, recordOf, rowsOf, sourceOf } from './pages/fixtures';

/** Writes a finished run of made-up points into a folder, as the trainer would have left it. */
export function writeRun(root: string, fake: FakeRun, number: number): string {
  const createdAt = new Date(Date.UTC(2026, 10, 24, 9, number)).toISOString();
  const id = `20261124-09${String(number).padStart(2, '0')}00-${fake.name.replaceAll('_', '-')}`;
  const folder = path.join(root, '.supra', 'runs', id);
  mkdirSync(folder, { recursive: true });
  const rows = rowsOf(fake, fake.steps, 100);
  const best = rows.filter(row => row.kind === 'eval').reduce((low, row) => (row.loss < low.loss ? row : low));
  const record = recordOf(fake, {
    id,
    createdAt,
    endedAt: createdAt,
    status: 'completed',
    stepsDone: fake.steps,
    best: { step: best.step, loss: best.loss },
  });
  writeFileSync(path.join(folder, 'run.json'), JSON.stringify(record, null, 1));
  writeFileSync(path.join(folder, 'model.supra'), sourceOf(fake));
  writeFileSync(path.join(folder, 'metrics.jsonl'), `${rows.map(row => JSON.stringify(row)).join('\n')}\n`);
  return id;
}
