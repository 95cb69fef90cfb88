import type { ModelSpec } from '../../architecture/model';
import { differencesAs } from '../hugging-face/export-config';
import { architectures, type GgufArchitecture } from './architectures';
import { type GgufMetadata, string, uint32 } from './gguf-values';
import { type GgufType, typeNumbers } from './number-types';
import { ggufTensors } from './tensors';
import type { GgufContent } from './write-gguf';

export type ArchitectureResult =
  | { readonly value: GgufArchitecture; readonly problems: readonly [] }
  /** What stands in the way of the nearest architecture, each as a sentence. */
  | { readonly value: null; readonly problems: readonly string[] };

/** The architecture of llama.cpp that computes this model exactly. */
export function ggufArchitectureOf(spec: ModelSpec): ArchitectureResult {
  const predicting = withoutAhead(spec);
  let nearest: { readonly name: string; readonly problems: readonly string[] } | undefined;
  for (const architecture of architectures) {
    for (const modelType of architecture.modelTypes) {
      const differences = differencesAs(predicting, modelType);
      if (differences === null) continue;
      const problems = differences.length > 0 ? differences : architecture.obstacles(predicting);
      if (problems.length === 0) return { value: architecture, problems: [] };
      // An architecture of the right class stands nearer than any of another.
      const isNearer = nearest === undefined || differences.length === 0 || problems.length < nearest.problems.length;
      if (isNearer) nearest = { name: architecture.name, problems };
      if (differences.length === 0) break;
    }
  }
  const of = nearest === undefined ? '' : ` The nearest is ${nearest.name}:`;
  return { value: null, problems: [`llama.cpp cannot run this model.${of}`, ...(nearest?.problems ?? [])] };
}

/** Modules that look further ahead are left out: they change nothing of what the model predicts. */
const withoutAhead = ({ mtp: _, ...spec }: ModelSpec): ModelSpec => spec;

export interface GgufOptions {
  /** What the file calls the model. */
  readonly name: string;
  readonly type: GgufType;
  /** Of the tokenizer, whose list is as long as the vocabulary of the model. */
  readonly tokenizer: GgufMetadata;
  /** A tensor of the model by its path. */
  read(path: string): Float32Array;
}

/** Everything that a GGUF file of this model holds. */
export function ggufContent(spec: ModelSpec, architecture: GgufArchitecture, options: GgufOptions): GgufContent {
  const predicting = withoutAhead(spec);
  const own = Object.entries(architecture.metadata(predicting)).map(([key, value]) => [
    `${architecture.name}.${key}`,
    value,
  ]);
  return {
    metadata: {
      'general.architecture': string(architecture.name),
      'general.type': string('model'),
      'general.name': string(options.name),
      'general.file_type': uint32(typeNumbers[options.type].file),
      'general.quantization_version': uint32(2),
      ...Object.fromEntries(own),
      ...options.tokenizer,
    },
    tensors: ggufTensors(predicting, architecture, options),
  };
}
