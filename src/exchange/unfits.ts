import type { ModelSpec } from '../architecture/model';
import type { Unfit } from '../architecture/unfit';
import { ggufArchitectureOf } from './gguf/find-architecture';
import { exportConfig, triesOf } from './hugging-face/export-config';

const known = new WeakMap<ModelSpec, readonly Unfit[]>();

/** What `unfitsOf` says of a model if that has been worked out. */
export const knownUnfits = (spec: ModelSpec): readonly Unfit[] | undefined => known.get(spec);

/** The formats that a trained model cannot be written as. It is worked out once: a model that nobody changed keeps its spec. */
export function unfitsOf(spec: ModelSpec): readonly Unfit[] {
  const unfits = known.get(spec) ?? findUnfits(spec);
  known.set(spec, unfits);
  return unfits;
}

function findUnfits(spec: ModelSpec): readonly Unfit[] {
  const tried = triesOf(spec);
  const results = {
    hf: exportConfig(spec, undefined, tried),
    gguf: spec.mtp === undefined ? ggufArchitectureOf(spec, tried) : ggufArchitectureOf(spec),
  };
  return (['hf', 'gguf'] as const).flatMap(format => {
    const { value, nearest } = results[format];
    return value === null ? [{ format, nearest: nearest?.name ?? null, obstacles: nearest?.obstacles ?? [] }] : [];
  });
}
