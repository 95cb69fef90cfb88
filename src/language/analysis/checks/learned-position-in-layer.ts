import { problem } from '../problem';
import { type Check, exactModels, placeOf } from './check';

/** `position learned` inside a layer, where it would have to be added once per layer. */
export const learnedPositionInLayer: Check = file =>
  exactModels(file).flatMap(model =>
    model.layers.flatMap(layer => {
      const position = layer.resolved.slots.get('position');
      // What a layer takes over from the model block is not written in the layer.
      if (position?.id !== 'position.learned' || position.written.length === 0 || position.parent !== layer.resolved)
        return [];
      return [problem('learned-position-in-layer', placeOf(file, position), {})];
    }),
  );
