import type { LayerSpec } from '../../../architecture/model';
import type { IdOf } from '../../../architecture/registry';
import { problem } from '../problem';
import type { ResolvedBlock } from '../resolved';
import { type Check, exactModels, numberOf, placeOf } from './check';

interface Family {
  readonly name: string;
  /** What only this family has, in words. */
  readonly mark: string;
  readonly isIt: (layer: LayerSpec, ffn: ResolvedBlock) => boolean;
  readonly activation: string;
}

const settingValue = (block: ResolvedBlock, name: string): unknown => block.settings.get(name)?.value;
const isGated = (block: ResolvedBlock): boolean => block.id !== 'ffn.mlp' && settingValue(block, 'gated') !== false;

/** Families that can be told by a part that no other has, with the function in their feed-forward layers. */
const families: readonly Family[] = [
  {
    name: 'Gemma',
    mark: 'sandwich norms that are applied as 1 + w',
    isIt: ({ branches }, ffn) =>
      isGated(ffn) &&
      branches.every(({ norm }) => norm.config.place === 'sandwich' && norm.config.unit_offset === true),
    activation: 'gelu_tanh',
  },
  {
    name: 'Grok',
    mark: 'a dense layer beside the experts',
    isIt: (_layer, ffn) => numberOf(ffn, 'dense_width') !== undefined,
    activation: 'gelu_tanh',
  },
  {
    name: 'Nemotron',
    mark: 'experts without a gate',
    isIt: (_layer, ffn) => ffn.id === 'ffn.moe' && !isGated(ffn),
    activation: 'relu2',
  },
];

const activations: Readonly<Record<IdOf<'ffn'>, (ffn: ResolvedBlock) => unknown>> = {
  'ffn.swiglu': () => 'silu',
  'ffn.geglu': ffn => (settingValue(ffn, 'approximation') === 'none' ? 'gelu' : 'gelu_tanh'),
  'ffn.mlp': ffn => settingValue(ffn, 'activation'),
  'ffn.moe': ffn => settingValue(ffn, 'activation'),
};

/** A function in the feed-forward layer that the family whose design this is does not use. */
export const activationUnlikeFamily: Check = file =>
  exactModels(file).flatMap(model =>
    model.layers.flatMap(layer => {
      const ffn = layer.uses > 0 ? layer.resolved.slots.get('ffn') : undefined;
      const family = ffn && families.find(({ isIt }) => isIt(layer.spec, ffn));
      const found = ffn && Object.entries(activations).find(([id]) => id === ffn.id)?.[1](ffn);
      if (!ffn || !family || typeof found !== 'string' || found === family.activation) return [];
      const setting = ffn.id === 'ffn.geglu' ? 'approximation' : 'activation';
      const { name, mark, activation } = family;
      return [problem('activation-unlike-family', placeOf(file, ffn, setting), { name, mark, activation, found })];
    }),
  );
