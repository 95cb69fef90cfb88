import type { ModelSpec } from '../../architecture/model';
import { classObstacles } from '../hugging-face/class-obstacles';
import type { ModelDifference } from '../hugging-face/comparable-spec';
import { inWords, type Nearest, type Tries, triesOf } from '../hugging-face/export-config';
import { architectures, type GgufArchitecture } from './architectures';

export interface ArchitectureResult {
  /** `null` when no architecture of llama.cpp computes the model. */
  readonly value: GgufArchitecture | null;
  /** Why not, as sentences. */
  readonly problems: readonly string[];
  /** The architecture that comes nearest; `null` when one computes the model, or none is for such models at all. */
  readonly nearest: Nearest | null;
}

/** The architecture of llama.cpp that computes this model exactly. `tried` is of the model without its prediction modules. */
export function ggufArchitectureOf(spec: ModelSpec, tried: Tries = triesOf(withoutAhead(spec))): ArchitectureResult {
  const predicting = withoutAhead(spec);
  let nearest:
    | { readonly architecture: GgufArchitecture; readonly differences: readonly ModelDifference[] }
    | undefined;
  for (const architecture of architectures) {
    for (const modelType of architecture.modelTypes) {
      const { config, differences } = tried(modelType);
      if (config === null) continue;
      if (differences.length === 0 && architecture.obstacles(predicting).length === 0)
        return { value: architecture, problems: [], nearest: null };
      if (nearest === undefined || differences.length < nearest.differences.length)
        nearest = { architecture, differences };
    }
  }
  const found = nearest && {
    name: nearest.architecture.name,
    obstacles:
      nearest.differences.length === 0
        ? nearest.architecture.obstacles(predicting)
        : classObstacles(predicting, nearest.differences),
  };
  const problems = ['llama.cpp cannot run this model.', ...inWords(found ?? null)];
  return { value: null, problems, nearest: found ?? null };
}

/** Modules that look further ahead are left out: they change nothing of what the model predicts. */
export const withoutAhead = ({ mtp: _, ...spec }: ModelSpec): ModelSpec => spec;
