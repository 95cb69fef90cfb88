/**
 * Time of a training step with every optimizer of the registry, and of the update in it, on the shape 3x256, taking turns so that a
 * busy machine slows all alike: `node scripts/run-typescript.mjs bench/optimizers.ts [turns] [precision]`.
 */
import { completeInstance } from '../src/architecture/complete-spec';
import { type ComponentId, components, type IdOf } from '../src/architecture/registry';
import { createRandom } from '../src/base/random';
import { useBackend } from '../src/engine/backends/choose-backend';
import { createModel } from '../src/engine/model';
import { createOptimizer } from '../src/engine/optimizers/optimizers';
import { trainStep } from '../src/engine/train-step';
import { experimentOf, shapeOf } from './shapes';

const [turnsText = '5', precisionText = 'fp32'] = process.argv.slice(2);
const precision = precisionText === 'bf16' ? 'bf16' : 'fp32';

async function main(): Promise<void> {
  const shape = shapeOf('3x256');
  const { model: spec } = experimentOf(shape);
  await useBackend('native');
  const random = createRandom(1);
  const ids = () => Int32Array.from({ length: shape.batch * shape.context }, () => random.below(shape.vocab));
  const lesson = { batch: shape.batch, seq: shape.context, inputs: ids(), targets: ids() };
  const isOptimizer = (id: ComponentId): id is IdOf<'optimizer'> => id.startsWith('optimizer.');
  const runners = components
    .map(([id]) => id)
    .filter(isOptimizer)
    .map(id => {
      const instance = completeInstance({ id, config: {} }, {});
      const model = createModel(spec, { seed: 1 });
      const optimizer = createOptimizer(instance, model);
      const times: { readonly step: number; readonly update: number }[] = [];
      const step = () => {
        let update = 0;
        const timed = {
          ...optimizer,
          update: (...given: Parameters<typeof optimizer.update>) => {
            const before = performance.now();
            optimizer.update(...given);
            update = performance.now() - before;
          },
        };
        const before = performance.now();
        trainStep(model, timed, [lesson], { learningRate: 1e-4, clip: 1, precision });
        times.push({ step: performance.now() - before, update });
      };
      return { id, step, times };
    });
  for (let turn = 0; turn < Number(turnsText) + 1; turn++) for (const { step } of runners) step();
  for (const { id, times } of runners) {
    // The first pays for buffers.
    const best = (of: 'step' | 'update') => Math.min(...times.slice(1).map(time => time[of]));
    console.log(
      `${id}, ${precision}: step ${best('step').toFixed(0)} ms, of it the update ${best('update').toFixed(1)} ms (${((100 * best('update')) / best('step')).toFixed(1)} %)`,
    );
  }
}

await main();
