/**
 * Our side of bench/train.ts: one real training step per line read, one JSON line per step written, like torch-peer.py.
 *
 * usage: supra-peer.js LAYERS HIDDEN HEADS BATCH CONTEXT VOCAB BACKEND fp32|bf16
 * Threads come from SUPRA_THREADS.
 */
import { createInterface } from 'node:readline';
import { createRandom } from '../src/base/random';
import type { BackendId } from '../src/engine/backends/backend-report';
import { useBackend } from '../src/engine/backends/choose-backend';
import { createModel } from '../src/engine/model';
import { createOptimizer } from '../src/engine/optimizers/optimizers';
import { trainStep } from '../src/engine/train-step';
import { analyze } from '../src/language/analysis/analyze';

async function main(): Promise<void> {
  const [layers, hidden, heads, batch, context, vocab, backend, precision] = process.argv.slice(2);
  const { file, problems } = analyze(`
    model peer {
      vocab = ${vocab}
      context = ${context}
      hidden = ${hidden}
      layer block {
        norm rms
        attention gqa { heads = ${heads} }
        position rope { theta = 10k }
        ffn swiglu { width = 4 * hidden }
      }
      layers = block * ${layers}
    }
    train { batch = ${batch}  steps = 100  optimizer adamw { lr = 1e-3 } }`);
  const experiment = file.trains[0]?.experiment;
  if (experiment === undefined || problems.length > 0)
    throw new Error(`Expected a sound spec: ${problems[0]?.message}`);
  const chosen = await useBackend(backend as BackendId);
  const model = createModel(experiment.model, { seed: 1 });
  const optimizer = createOptimizer(experiment.train.optimizer, model);
  const random = createRandom(1);
  const rows = Number(batch);
  const seq = Number(context);
  const ids = () => Int32Array.from({ length: rows * seq }, () => random.below(Number(vocab)));
  const lesson = { batch: rows, seq, inputs: ids(), targets: ids() };
  const parameters = [...model.trainable.values()].reduce((sum, { size }) => sum + size, 0);
  say({ parameters, engine: chosen.report.details });
  for await (const _line of createInterface({ input: process.stdin })) {
    const start = performance.now();
    const { loss } = trainStep(model, optimizer, [lesson], {
      learningRate: 1e-3,
      clip: 1,
      precision: precision === 'bf16' ? 'bf16' : 'fp32',
    });
    say({ stepMs: performance.now() - start, memoryBytes: process.resourceUsage().maxRSS * 1024, loss });
  }
}

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

void main();
