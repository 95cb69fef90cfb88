import type { ModelSpec } from '../../architecture/model';
import type { Obstacle } from '../../architecture/unfit';
import { classObstacles } from './class-obstacles';
import { compareModels, type ModelDifference } from './comparable-spec';
import type { Json, JsonObject } from './config-json';
import { families, familyOf } from './families';
import type { Family } from './family';
import { importJson } from './import-config';

export interface ExportedConfig {
  readonly config: JsonObject;
  readonly modelType: string;
}

export interface ExportResult {
  /** `null` when no class of transformers can hold the model. */
  readonly value: ExportedConfig | null;
  /** Why not, as sentences. */
  readonly problems: readonly string[];
  /** The class that comes nearest; `null` when one holds the model, or none is for such models at all. */
  readonly nearest: Nearest | null;
}

/** What comes nearest to holding a model. */
export interface Nearest {
  readonly name: string;
  readonly obstacles: readonly Obstacle[];
}

/**
 * The config.json of a model for the class of transformers that holds it exactly: each class writes what it can, the result
 * is read back, and only a model that comes back the same counts. `preferred` is the class to try first.
 */
export function exportConfig(spec: ModelSpec, preferred?: string, tried: Tries = triesOf(spec)): ExportResult {
  let nearest: { readonly name: string; readonly differences: Try['differences'] } | undefined;
  const isPreferred = ({ types }: Family) => preferred !== undefined && types.includes(preferred);
  for (const family of [...families.filter(isPreferred), ...families.filter(each => !isPreferred(each))]) {
    if (family.className === null && !isPreferred(family)) continue;
    const modelType = isPreferred(family) && preferred !== undefined ? preferred : family.types[0];
    const { config, differences } = tried(modelType);
    if (config === null) continue;
    if (differences.length === 0) return { value: { config, modelType }, problems: [], nearest: null };
    if (nearest === undefined || differences.length < nearest.differences.length)
      nearest = { name: family.className ?? family.types[0], differences };
  }
  const found = nearest ? { name: nearest.name, obstacles: classObstacles(spec, nearest.differences) } : null;
  const problems = ['No class of transformers holds this model exactly.', ...inWords(found)];
  return { value: null, problems, nearest: found };
}

/** What comes nearest, and what it has otherwise, as sentences. */
export const inWords = (nearest: Nearest | null): readonly string[] =>
  nearest === null ? [] : [`The nearest is ${nearest.name}:`, ...nearest.obstacles.map(({ text }) => text)];

/** What a class of transformers makes of a model. */
interface Try {
  /** `null`: it is for other models altogether. */
  readonly config: JsonObject | null;
  /** What it would change; empty: it holds the model exactly. */
  readonly differences: readonly ModelDifference[];
}

/** What the class of a model type makes of a model. */
export type Tries = (modelType: string) => Try;

/** Tries classes on a model, each once and when it is asked for. */
export function triesOf(spec: ModelSpec): Tries {
  const known = new Map<string, Try>();
  return modelType => {
    const result = known.get(modelType) ?? tryClass(spec, modelType);
    known.set(modelType, result);
    return result;
  };
}

function tryClass(spec: ModelSpec, modelType: string): Try {
  const family = familyOf(modelType);
  if (family === undefined) throw new Error(`Expected a known model type, got '${modelType}'.`);
  const config = configOf(family, modelType, spec);
  const { value } = importJson(config, spec.name);
  return value === null ? { config: null, differences: [] } : { config, differences: compareModels(spec, value.spec) };
}

function configOf(family: Family, modelType: string, spec: ModelSpec): JsonObject {
  const config: Record<string, Json> = {
    ...(family.className === null ? {} : { architectures: [family.className] }),
    model_type: modelType,
    // Some classes take a token for padding that a small vocabulary does not have.
    pad_token_id: null,
  };
  // What a model does not have leaves no key.
  for (const [key, value] of Object.entries(family.write(spec))) if (value !== undefined) config[key] = value;
  return config;
}
