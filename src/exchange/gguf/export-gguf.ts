import type { ModelSpec } from '../../architecture/model';
import type { GgufArchitecture } from './architectures';
import { withoutAhead } from './find-architecture';
import { type GgufMetadata, string, uint32 } from './gguf-values';
import { type GgufType, typeNumbers } from './number-types';
import { ggufTensors } from './tensors';
import type { GgufContent } from './write-gguf';

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
