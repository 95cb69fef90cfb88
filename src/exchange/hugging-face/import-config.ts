import type { ModelSpec } from '../../architecture/model';
import { groupLayers } from '../layer-draft';
import { isObject, type Json, type JsonObject, parseConfigJson, withFloats } from './config-json';
import { type ImportProblem, readConfig } from './config-reader';
import { families, familyOf } from './families';
import type { ModelDraft } from './family';
import { changesNothing } from './neutral-keys';

/** What an import found. */
export interface ImportedConfig {
  readonly spec: ModelSpec;
  readonly modelType: string;
}

export interface ImportResult {
  /** `null` when there is an error among the problems. */
  readonly value: ImportedConfig | null;
  readonly problems: readonly ImportProblem[];
}

/**
 * Reads a config.json of Hugging Face. Keys that a file leaves out are those of the class; keys that may change the
 * network and are not understood are warnings; a `model_type` that is not known is an error.
 */
export function importConfig(text: string, name = 'model'): ImportResult {
  const parsed = parseConfigJson(text);
  if ('message' in parsed) return failed(`This is no JSON: ${parsed.message}.`);
  return importJson(parsed.value, name);
}

/** The same for a config that is read already. */
export function importJson(read: Json, name = 'model'): ImportResult {
  const json = withFloats(read);
  if (!isObject(json)) return failed('A config.json is one object in braces, and this is something else.');
  const problems: ImportProblem[] = [];
  const config = textPart(json, problems);
  const modelType = config.model_type;
  if (typeof modelType !== 'string') {
    return failed(
      `\`model_type\` is missing, so it cannot be known what the keys mean. Add it; known are ${knownTypes()}.`,
    );
  }
  const family = familyOf(modelType);
  if (family === undefined) {
    return failed(`Models of the type "${modelType}" are not known here. Known are ${knownTypes()}.`);
  }
  const reader = readConfig(config, family, problems);
  reader.ignore(family.idle ?? []);
  const draft = family.read(reader);
  for (const [key, value] of reader.unread()) {
    if (changesNothing(key, value)) continue;
    problems.push({
      severity: 'warning',
      message: `\`${key}\` = ${shortened(value)} is not understood, and left out.`,
    });
  }
  if (problems.some(({ severity }) => severity === 'error')) return { value: null, problems };
  return { value: { spec: specOf(draft, name), modelType }, problems };
}

/** The model types that can be read. */
export const knownModelTypes = (): readonly string[] => families.flatMap(({ types }) => types).sort();

const knownTypes = (): string => knownModelTypes().join(', ');

const failed = (message: string): ImportResult => ({ value: null, problems: [{ severity: 'error', message }] });

const shortened = (value: Json): string => {
  const text = JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
};

/**
 * The language model of a config that wraps one (pictures, sound). Whether its head is tied is said outside there, as
 * transformers has it.
 */
function textPart(json: JsonObject, problems: ImportProblem[]): JsonObject {
  const inner = json.text_config ?? json.llm_config ?? json.language_config;
  if (!isObject(inner)) return json;
  const outer = String(json.model_type ?? 'a model of several kinds');
  const others = Object.keys(json).filter(key => key.endsWith('_config') && isObject(json[key]) && json[key] !== inner);
  if (others.length > 0) {
    problems.push({
      severity: 'warning',
      message: `Only the language model of ${outer} is read; ${others.map(key => `\`${key}\``).join(', ')} is left out.`,
    });
  }
  const tied = inner.tie_word_embeddings ?? json.tie_word_embeddings;
  return {
    ...inner,
    model_type: inner.model_type ?? innerTypes[outer] ?? outer,
    ...(tied === undefined ? {} : { tie_word_embeddings: tied }),
  };
}

/** Types of the language models of wrappers that do not say it inside. */
const innerTypes: Readonly<Record<string, string>> = {
  gemma3: 'gemma3_text',
  llama4: 'llama4_text',
  mistral3: 'mistral',
};

function specOf({ sizes, make, layers, ahead, embedding, head, finalNorm }: ModelDraft, name: string): ModelSpec {
  const { vocab, context, hidden, tied, initStd } = sizes;
  const { kinds, stack, ahead: mtp } = groupLayers(layers, ahead);
  return {
    name,
    vocab,
    context,
    hidden,
    tied,
    initStd,
    embedding: embedding ?? make('embedding.token'),
    position: make('position.rope'),
    kinds,
    stack,
    finalNorm: finalNorm ?? layers.at(-1)?.norm ?? make('norm.rms'),
    head: head ?? make('head.linear'),
    ...(mtp.length === 0 ? {} : { mtp }),
  };
}
