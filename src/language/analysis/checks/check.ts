import type { ModelSpec } from '../../../architecture/model';
import type { StartFacts } from '../../../architecture/start-facts';
import type { Unfit } from '../../../architecture/unfit';
import type { Span } from '../../../base/text';
import type { Fix } from '../../syntax/syntax-problem';
import type { Expression } from '../../syntax/tree';
import type { Problem } from '../problem';
import type { ResolvedBlock, ResolvedFile, ResolvedLayer, ResolvedModel } from '../resolved';

/** What is known about the world outside of the file; null where it is not. */
export interface Facts {
  /** Memory of the machine that would train. */
  readonly machineMemoryBytes: number | null;
  /** Size of the text behind a `source` (null: the bundled sample corpus), if somebody has looked. */
  readonly dataBytes: (source: string | null) => number | null;
  /** What a run starts from, if somebody has looked, compared with its model, if that is known. */
  readonly startOf: (start: string, model: ModelSpec | null) => StartFacts | null;
  /** The formats that a model cannot be exported to, if somebody knows them. */
  readonly unfitsOf: (model: ModelSpec) => readonly Unfit[];
}

/** Facts of a place where nothing is known: a browser, a workspace that is not trusted. */
export const noFacts: Facts = {
  machineMemoryBytes: null,
  dataBytes: () => null,
  startOf: () => null,
  unfitsOf: () => [],
};

/** A rule over a whole file. It sees a resolved file, never throws, and says nothing where it is not sure. */
export type Check = (file: ResolvedFile, facts: Facts) => readonly Problem[];

/** A model whose numbers are exact, with its spec. */
export type ExactModel = ResolvedModel & { readonly spec: NonNullable<ResolvedModel['spec']> };

/** The models that rules apply to: those without broken settings. */
export const exactModels = (file: ResolvedFile): readonly ExactModel[] =>
  file.models.filter((model): model is ExactModel => model.spec !== undefined && !model.approximate);

/** The layers of a model that the pattern uses and that have a component `id` in `slot`. */
export function layersWith(
  model: ResolvedModel,
  slot: string,
  id: string,
): readonly (readonly [layer: ResolvedLayer, block: ResolvedBlock])[] {
  return model.layers.flatMap(layer => {
    const block = layer.uses > 0 ? layer.resolved.slots.get(slot) : undefined;
    return block?.id === id ? [[layer, block] as const] : [];
  });
}

/**
 * Where a problem about a setting is shown: the setting if it stands in this file, else the nearest block of this file
 * that it belongs to.
 */
export function placeOf(file: ResolvedFile, block: ResolvedBlock, name?: string): Span {
  const setting = name === undefined ? undefined : block.settings.get(name);
  if (setting?.setting !== undefined && setting.document === file.document) return setting.setting;
  for (let owner: ResolvedBlock | undefined = block; owner !== undefined; owner = owner.parent) {
    const written = owner.block ?? owner.written.find(part => part.document === file.document)?.block;
    if (written !== undefined) return { start: written.keyword.start, end: (written.label ?? written.keyword).end };
  }
  return { start: 0, end: 0 };
}

/** A fix that puts `text` in place of a setting's value; none where the value is not written in this file. */
export function fixValue(file: ResolvedFile, block: ResolvedBlock, name: string, text: string): readonly Fix[] {
  const value = writtenValue(file, block, name);
  return value === undefined
    ? []
    : [{ title: `Set ${name} = ${text}`, edits: [{ start: value.start, end: value.end, newText: text }] }];
}

/** The value of a setting as written in this file. */
export function writtenValue(file: ResolvedFile, block: ResolvedBlock, name: string): Expression | undefined {
  const setting = block.settings.get(name);
  return setting?.document === file.document ? setting?.setting?.value : undefined;
}

/** A resolved number of a block; undefined where it is missing or `none`. */
export function numberOf(block: ResolvedBlock, name: string): number | undefined {
  const value = block.settings.get(name)?.value;
  return typeof value === 'number' ? value : undefined;
}
