import type { Instance } from '../../architecture/component';
import { gqaLayer } from './attention/gqa';
import { mlaLayer } from './attention/mla';
import { tokenEmbeddingLayer } from './embedding/token';
import { gegluLayer } from './ffn/geglu';
import { mlpLayer } from './ffn/mlp';
import { moeLayer } from './ffn/moe';
import { swigluLayer } from './ffn/swiglu';
import { linearHeadLayer } from './head/linear';
import type { AnyLayer, Layer, TensorComponentId, TensorSlot } from './layer';
import { gdnLayer } from './mixer/gdn';
import { kdaLayer } from './mixer/kda';
import { mamba1Layer } from './mixer/mamba1';
import { mamba2Layer } from './mixer/mamba2';
import { layerNormLayer } from './norm/layer';
import { rmsLayer } from './norm/rms';
import { learnedLayer } from './position/learned';
import { noPositionLayer } from './position/none';
import { ropeLayer } from './position/rope';

/** The tensor code of every component. Total: a component of the registry without a layer does not compile. */
export const layers: { readonly [Id in TensorComponentId]: Layer<Id> } = {
  'embedding.token': tokenEmbeddingLayer,
  'norm.rms': rmsLayer,
  'norm.layer': layerNormLayer,
  'attention.gqa': gqaLayer,
  'attention.mla': mlaLayer,
  'mixer.gdn': gdnLayer,
  'mixer.kda': kdaLayer,
  'mixer.mamba1': mamba1Layer,
  'mixer.mamba2': mamba2Layer,
  'position.rope': ropeLayer,
  'position.none': noPositionLayer,
  'position.learned': learnedLayer,
  'ffn.swiglu': swigluLayer,
  'ffn.geglu': gegluLayer,
  'ffn.mlp': mlpLayer,
  'ffn.moe': moeLayer,
  'head.linear': linearHeadLayer,
};

/** The layer of an instance that stands in `slot`. Throws a programmer error when it belongs elsewhere. */
export function layerOf<Slot extends TensorSlot>(slot: Slot, instance: Pick<Instance, 'id'>): AnyLayer<Slot> {
  const layer = Object.hasOwn(layers, instance.id) ? layers[instance.id as TensorComponentId] : undefined;
  if (layer === undefined || !instance.id.startsWith(`${slot}.`)) {
    throw new Error(`Expected a component of the slot '${slot}' with a layer, got '${instance.id}'.`);
  }
  // The instance carries the settings of its own component, so the typed layer meets the scope it was typed for.
  return layer as unknown as AnyLayer<Slot>;
}
