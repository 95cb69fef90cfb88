import type { ModelSpec } from '../../architecture/model';
import { differencesOf } from './comparable-spec';
import type { JsonObject } from './config-json';
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
  /** Why not: what the nearest class would change. */
  readonly problems: readonly string[];
}

/**
 * The config.json of a model for the class of transformers that holds it exactly: each class writes what it can, the result
 * is read back, and only a model that comes back the same counts. `preferred` is the class to try first.
 */
export function exportConfig(spec: ModelSpec, preferred?: string): ExportResult {
  let nearest: { readonly family: Family; readonly differences: readonly string[] } | undefined;
  const isPreferred = ({ types }: Family) => preferred !== undefined && types.includes(preferred);
  for (const family of [...families.filter(isPreferred), ...families.filter(each => !isPreferred(each))]) {
    if (family.className === null && !isPreferred(family)) continue;
    const modelType = isPreferred(family) && preferred !== undefined ? preferred : family.types[0];
    const { config, differences } = tryClass(spec, family, modelType);
    if (config !== null && differences.length === 0) return { value: { config, modelType }, problems: [] };
    if (config !== null && (nearest === undefined || differences.length < nearest.differences.length)) {
      nearest = { family, differences };
    }
  }
  const of = nearest === undefined ? '' : ` The nearest is ${nearest.family.className ?? nearest.family.types[0]}:`;
  return {
    value: null,
    problems: [`No class of transformers holds this model exactly.${of}`, ...(nearest?.differences ?? [])],
  };
}

/** What the class of this type would change in a model; empty: it holds it exactly; `null`: it is for other models altogether. */
export function differencesAs(spec: ModelSpec, modelType: string): readonly string[] | null {
  const family = familyOf(modelType);
  if (family === undefined) throw new Error(`Expected a known model type, got '${modelType}'.`);
  const { config, differences } = tryClass(spec, family, modelType);
  return config === null ? null : differences;
}

function tryClass(spec: ModelSpec, family: Family, modelType: string) {
  const config = configOf(family, modelType, spec);
  const { value } = importJson(config, spec.name);
  return value === null ? { config: null, differences: [] } : { config, differences: differencesOf(spec, value.spec) };
}

const configOf = (family: Family, modelType: string, spec: ModelSpec): JsonObject => ({
  ...(family.className === null ? {} : { architectures: [family.className] }),
  model_type: modelType,
  // Some classes take a token for padding that a small vocabulary does not have.
  pad_token_id: null,
  // What a model does not have leaves no key.
  ...Object.fromEntries(Object.entries(family.write(spec)).filter(([, value]) => value !== undefined)),
});
