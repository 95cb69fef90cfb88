import type { Obstacle } from '../../../architecture/unfit';
import type { Span } from '../../../base/text';
import { problem } from '../problem';
import type { ResolvedBlock, ResolvedFile, ResolvedModel } from '../resolved';
import { type Check, exactModels, placeOf } from './check';

/** A model that is trained and that Hugging Face transformers or llama.cpp cannot run. */
export const notExportable: Check = (file, { unfitsOf }) => {
  const trained = new Set(file.trains.map(({ model }) => model));
  return exactModels(file).flatMap(model => {
    const unfits = trained.has(model) ? unfitsOf(model.spec) : [];
    if (unfits.length === 0) return [];
    const [obstacle] = unfits.flatMap(({ obstacles }) => obstacles);
    return [problem('not-exportable', obstacleIn(file, model, obstacle), { unfits })];
  });
};

/** Where an obstacle is written; the header of the model where that is nowhere in this file. */
function obstacleIn(file: ResolvedFile, model: ResolvedModel, obstacle: Obstacle | undefined): Span {
  if (obstacle === undefined) return placeOf(file, model.resolved);
  const { setting, layer } = obstacle;
  const name = layer === null ? undefined : model.spec?.stack[layer - 1];
  const layers = model.layers.filter(each => each.uses > 0 && (name === undefined || each.name === name));
  // What stands in no layer in particular may be the model's own.
  const owners = [
    ...(layer === null ? [model.resolved] : []),
    ...layers.map(({ resolved }) => resolved),
    model.resolved,
  ];
  for (const owner of owners) {
    const place = settingIn(file, owner, setting.split('.'));
    if (place !== undefined) return place;
  }
  return placeOf(file, layers[0] !== undefined && name !== undefined ? layers[0].resolved : model.resolved);
}

/** The place of a setting, or of a component, by the words that lead to it; undefined where the block has none of that name. */
function settingIn(file: ResolvedFile, block: ResolvedBlock, [word, ...rest]: readonly string[]): Span | undefined {
  if (word === undefined) return placeOf(file, block);
  const inner = block.slots.get(word);
  if (inner !== undefined) return settingIn(file, inner, rest);
  // A component that is missing here would stand in this block.
  return block.settings.has(word) || block.component !== undefined ? placeOf(file, block, word) : undefined;
}
