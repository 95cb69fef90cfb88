import type { AnyComponent, Component, Instance, Settings, Slot, SlotUses, Weight } from './component';
import { gqa } from './components/attention/gqa';
import { mla } from './components/attention/mla';
import { tokenEmbedding } from './components/embedding/token';
import { geglu } from './components/ffn/geglu';
import { mlp } from './components/ffn/mlp';
import { moe } from './components/ffn/moe';
import { swiglu } from './components/ffn/swiglu';
import { linearHead } from './components/head/linear';
import { lightningIndexer } from './components/indexer/lightning';
import { noIndexer } from './components/indexer/none';
import { gdn } from './components/mixer/gdn';
import { kda } from './components/mixer/kda';
import { mamba1 } from './components/mixer/mamba1';
import { mamba2 } from './components/mixer/mamba2';
import { layerNorm } from './components/norm/layer';
import { rms } from './components/norm/rms';
import { adamw } from './components/optimizer/adamw';
import { lion } from './components/optimizer/lion';
import { muon } from './components/optimizer/muon';
import { sgd } from './components/optimizer/sgd';
import { learned } from './components/position/learned';
import { noPosition } from './components/position/none';
import { rope } from './components/position/rope';
import { inputRouter } from './components/router/input';
import { sigmoidRouter } from './components/router/sigmoid';
import { softmaxRouter } from './components/router/softmax';
import { linearScaling } from './components/scaling/linear';
import { llama3Scaling } from './components/scaling/llama3';
import { noScaling } from './components/scaling/none';
import { yarn } from './components/scaling/yarn';
import { constantSchedule } from './components/schedule/constant';
import { cosineSchedule } from './components/schedule/cosine';
import { linearSchedule } from './components/schedule/linear';
import { wsdSchedule } from './components/schedule/wsd';
import { bpeTokenizer } from './components/tokenizer/bpe';
import { bytesTokenizer } from './components/tokenizer/bytes';
import { charsTokenizer } from './components/tokenizer/chars';
import { hfTokenizer } from './components/tokenizer/hf';
import type { Fields } from './fields';

/** Every component, in the order in which completion and the reference list them. Keys are `slot.word`. */
export const registry = {
  'embedding.token': tokenEmbedding,
  'norm.rms': rms,
  'norm.layer': layerNorm,
  'attention.gqa': gqa,
  'attention.mla': mla,
  'mixer.gdn': gdn,
  'mixer.kda': kda,
  'mixer.mamba1': mamba1,
  'mixer.mamba2': mamba2,
  'position.rope': rope,
  'position.none': noPosition,
  'position.learned': learned,
  'scaling.none': noScaling,
  'scaling.linear': linearScaling,
  'scaling.llama3': llama3Scaling,
  'scaling.yarn': yarn,
  'ffn.swiglu': swiglu,
  'ffn.geglu': geglu,
  'ffn.mlp': mlp,
  'ffn.moe': moe,
  'indexer.none': noIndexer,
  'indexer.lightning': lightningIndexer,
  'router.softmax': softmaxRouter,
  'router.sigmoid': sigmoidRouter,
  'router.input': inputRouter,
  'head.linear': linearHead,
  'tokenizer.bpe': bpeTokenizer,
  'tokenizer.bytes': bytesTokenizer,
  'tokenizer.chars': charsTokenizer,
  'tokenizer.hf': hfTokenizer,
  'optimizer.adamw': adamw,
  'optimizer.muon': muon,
  'optimizer.lion': lion,
  'optimizer.sgd': sgd,
  'schedule.cosine': cosineSchedule,
  'schedule.linear': linearSchedule,
  'schedule.constant': constantSchedule,
  'schedule.wsd': wsdSchedule,
} as const;

export type ComponentId = keyof typeof registry;
/** Ids of the components of one slot: `IdOf<'norm'>` is 'norm.rms' | 'norm.layer'. */
export type IdOf<S extends Slot> = Extract<ComponentId, `${S}.${string}`>;
/** Resolved settings of a component. */
export type SettingsOf<Id extends ComponentId> =
  (typeof registry)[Id] extends Component<Slot, infer F extends Fields, infer S extends SlotUses, string>
    ? Settings<F, S>
    : never;
/** Names of the tensors that a component can have. */
export type WeightNameOf<Id extends ComponentId> =
  ReturnType<(typeof registry)[Id]['weights']>[number] extends Weight<infer Name> ? Name : never;
/** An instance whose component is known. */
export type TypedInstance<Id extends ComponentId> = Instance<Id, SettingsOf<Id>>;

/** All components with their ids, for loops that name none of them. */
export const components: readonly (readonly [id: ComponentId, component: AnyComponent])[] = Object.entries(
  registry,
).map(([id, component]) => [id as ComponentId, component as AnyComponent]);

const bySlot = new Map<string, Map<string, AnyComponent>>();
for (const [, component] of components) {
  const variants = bySlot.get(component.slot) ?? new Map<string, AnyComponent>();
  variants.set(component.word, component);
  bySlot.set(component.slot, variants);
}

/** The variants of a slot, by their words. */
export const variantsOf = (slot: Slot): ReadonlyMap<string, AnyComponent> => bySlot.get(slot) ?? new Map();

/** The component of an instance. Throws a programmer error on an id that the registry lacks. */
export function componentOf(instance: Pick<Instance, 'id'>): AnyComponent {
  const [slot = '', word = ''] = instance.id.split('.');
  const component = bySlot.get(slot)?.get(word);
  if (component === undefined) throw new Error(`Expected a component id of the registry, got '${instance.id}'.`);
  return component;
}

/** The settings of `instance` if it is the component `id`, typed; otherwise `null`. */
export function settingsIf<Id extends ComponentId>(instance: Instance | null, id: Id): SettingsOf<Id> | null {
  return instance?.id === id ? (instance.config as unknown as SettingsOf<Id>) : null;
}
