/**
 * Tokens per second of models of one size whose layers mix tokens in different ways, at a long context, taking turns so that a
 * busy machine slows all alike: `node scripts/run-typescript.mjs bench/mixers.ts [context] [turns] [mixer …]`.
 */
import { costsOf } from '../src/architecture/costs';
import type { ModelSpec } from '../src/architecture/model';
import { createRandom } from '../src/base/random';
import { useBackend } from '../src/engine/backends/choose-backend';
import { createModel } from '../src/engine/model';
import { createOptimizer } from '../src/engine/optimizers/optimizers';
import { trainStep } from '../src/engine/train-step';
import { analyze } from '../src/language/analysis/analyze';

/** What mixes tokens, and the width of the feed-forward layers that brings all models to the same size (about 5.2 M at a vocabulary of 4096). */
const mixers: Readonly<Record<string, string>> = {
  attention: 'attention gqa { heads = 4 }  ffn swiglu { width = 704 }',
  gdn: 'mixer gdn { heads = 4  key_dim = 64 }  ffn swiglu { width = 618 }',
  kda: 'mixer kda { heads = 4  head_dim = 64 }  ffn swiglu { width = 612 }',
};

const [contextText = '2048', turnsText = '3', ...chosen] = process.argv.slice(2);
const context = Number(contextText);

function modelOf(mixing: string): ModelSpec {
  const layer = mixing.replaceAll('}  ', '}\n');
  const { file, problems } = analyze(
    `model m {\n vocab = 4096\n context = ${context}\n hidden = 256\n layer block {\n ${layer}\n }\n layers = block * 4\n}\n`,
  );
  const spec = file.models[0]?.spec;
  if (!spec || problems.length > 0) throw new Error(JSON.stringify(problems));
  return spec;
}

async function main(): Promise<void> {
  const backend = await useBackend('native');
  console.log(JSON.stringify(backend));
  const random = createRandom(1);
  const ids = () => Int32Array.from({ length: context }, () => random.below(4096));
  const lesson = { batch: 1, seq: context, inputs: ids(), targets: ids() };
  const runners = Object.entries(mixers)
    .filter(([name]) => chosen.length === 0 || chosen.includes(name))
    .map(([name, mixing]) => {
      const spec = modelOf(mixing);
      const model = createModel(spec, { seed: 1 });
      const optimizer = createOptimizer(
        { id: 'optimizer.adamw', config: { lr: 1e-3, betas: [0.9, 0.95], epsilon: 1e-8, weight_decay: 0.1 } },
        model,
      );
      return {
        name,
        parameters: costsOf(spec).total,
        step: () => trainStep(model, optimizer, [lesson], { learningRate: 1e-3, clip: 1, precision: 'fp32' }),
        times: [] as number[],
      };
    });
  for (const { step } of runners) step();
  for (let turn = 0; turn < Number(turnsText); turn++) {
    for (const { step, times } of runners) {
      const before = performance.now();
      step();
      times.push(performance.now() - before);
    }
  }
  for (const { name, parameters, times } of runners) {
    const best = Math.min(...times);
    console.log(
      `${name}: ${parameters} parameters, ${best.toFixed(0)} ms, ${((1000 * context) / best).toFixed(0)} tokens/s (all: ${times.map(time => time.toFixed(0)).join(' ')})`,
    );
  }
}

await main();
