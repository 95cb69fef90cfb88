import type { Instance } from '../../../architecture/component';
import { rotaryDims } from '../../../architecture/components/position/rope';
import { problem } from '../problem';
import type { ResolvedLayer } from '../resolved';
import { type Check, exactModels, layersWith, numberOf, placeOf } from './check';

/** RoPE on dimensions that do not come in pairs within the head, or on none. */
export const oddRotaryDims: Check = file =>
  exactModels(file).flatMap(model => {
    const plain = layersWith(model, 'attention', 'attention.gqa').flatMap(([layer, attention]) => {
      const fraction = ropeOf(layer)?.config.fraction;
      const headDim = numberOf(attention, 'head_dim');
      if (typeof fraction !== 'number' || headDim === undefined) return [];
      const { counted, fits } = rotaryDims(headDim, fraction);
      if (fits) return [];
      const params = { dims: counted, headDim, name: 'head_dim' };
      return [problem('odd-rotary-dims', placeOf(file, attention, 'head_dim'), params)];
    });
    const latent = layersWith(model, 'attention', 'attention.mla').flatMap(([layer, attention]) => {
      const dims = numberOf(attention, 'rope_dim');
      if (ropeOf(layer) === undefined || dims === undefined || dims % 2 === 0) return [];
      const params = { dims, headDim: dims + (numberOf(attention, 'nope_dim') ?? 0), name: 'rope_dim' };
      return [problem('odd-rotary-dims', placeOf(file, attention, 'rope_dim'), params)];
    });
    return [...plain, ...latent];
  });

/** The rotary positions of a layer's attention; undefined where it has others or none. */
function ropeOf({ spec }: ResolvedLayer): Instance | undefined {
  const position = spec.branches.find(({ kind }) => kind === 'attention')?.position;
  return position?.id === 'position.rope' ? position : undefined;
}
