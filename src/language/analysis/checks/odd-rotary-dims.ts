import { rotaryDims } from '../../../architecture/components/position/rope';
import { problem } from '../problem';
import { type Check, exactModels, layersWith, numberOf, placeOf } from './check';

/** RoPE on dimensions that do not come in pairs within the head, or on none. */
export const oddRotaryDims: Check = file =>
  exactModels(file).flatMap(model =>
    layersWith(model, 'attention', 'attention.gqa').flatMap(([layer, attention]) => {
      const branch = layer.spec.branches.find(candidate => candidate.kind === 'attention');
      const fraction = branch?.position.id === 'position.rope' ? branch.position.config.fraction : undefined;
      const headDim = numberOf(attention, 'head_dim');
      if (typeof fraction !== 'number' || headDim === undefined) return [];
      const { counted, fits } = rotaryDims(headDim, fraction);
      if (fits) return [];
      return [problem('odd-rotary-dims', placeOf(file, attention, 'head_dim'), { dims: counted, headDim })];
    }),
  );
