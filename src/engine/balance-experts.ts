import { layerAt, type ModelSpec } from '../architecture/model';
import { settingsIf } from '../architecture/registry';
import type { Model } from './model';

/** Tokens that each expert got, by the path of its layer (`layers.3.ffn`). */
export type ExpertLoads = ReadonlyMap<string, Int32Array>;

/** Collects expert loads over the batches of a step: hand `listen` to a pass as `onExpertLoad`. */
export function collectExpertLoads(): {
  readonly loads: ExpertLoads;
  readonly listen: (path: string, tokens: Int32Array) => void;
} {
  const loads = new Map<string, Int32Array>();
  return {
    loads,
    listen: (path, tokens) => {
      const earlier = loads.get(path);
      loads.set(path, earlier === undefined ? tokens : earlier.map((count, expert) => count + (tokens[expert] ?? 0)));
    },
  };
}

/**
 * Evens out the load of experts without a loss: the correction bias of every expert above the mean load goes down by
 * `bias_update`, of every one below it goes up. For after an optimizer step. Wang et al. 2024.
 */
export function balanceExperts(model: Model, loads: ExpertLoads): void {
  for (const [path, step] of biasUpdates(model.spec)) {
    const load = loads.get(path);
    if (load === undefined || step === 0) continue;
    const mean = load.reduce((total, count) => total + count, 0) / load.length;
    const bias = model.readWeight(`${path}.router_correction`);
    model.writeWeight(
      `${path}.router_correction`,
      bias.map((value, expert) => value + step * Math.sign(mean - (load[expert] ?? mean))),
    );
  }
}

/** The step of every correction bias of a model, by the path of its layer. */
function biasUpdates(spec: ModelSpec): ReadonlyMap<string, number> {
  const updates = new Map<string, number>();
  const layers = spec.stack.map((_, index) => [`layers.${index}`, layerAt(spec, index)] as const);
  const modules = (spec.mtp ?? []).map((layer, index) => [`mtp.${index}`, layer] as const);
  for (const [path, { branches }] of [...layers, ...modules]) {
    for (const { kind, body } of branches) {
      const router = settingsIf(settingsIf(body, 'ffn.moe')?.router ?? null, 'router.sigmoid');
      if (router !== null && router.correction_bias !== 'none') updates.set(`${path}.${kind}`, router.bias_update);
    }
  }
  return updates;
}
