import type { AnyComponent, Slot } from '../../src/architecture/component';
import { type Field, isComputed } from '../../src/architecture/fields';
import { components } from '../../src/architecture/registry';

/** A small model that differs from `base` in one setting of one component. Both are texts of the language. */
export interface Variant {
  readonly name: string;
  readonly base: string;
  readonly text: string;
}

/** Sizes that suit a hidden size of 16, and values that matter at a context of 16, where a component has such a setting. */
const small: Readonly<Record<string, string>> = {
  heads: '4',
  head_dim: '4',
  experts: '4',
  width: '12',
  state: '4',
  factor: '4',
  original: '8',
  temperature_floor: '4',
  beta_fast: '1',
  beta_slow: '0.1',
};

/** Settings that do nothing unless another one is set. */
const needs: Readonly<Record<string, string>> = {
  temperature_floor: 'temperature = 0.5',
  alpha: 'clamp = 0.5',
  shared_width: 'shared = 1',
  shared_gate: 'shared = 1',
  depth_scaled: 'place = post',
  beta_fast: 'truncate = false',
  beta_slow: 'truncate = false',
  mscale: 'mscale_all_dim = 1',
  mscale_all_dim: 'mscale = 1',
};

/** Every model that holds a component of the registry with one setting changed, the component as it is first. */
export function variantsOf(slots: readonly Slot[]): readonly Variant[] {
  return components
    .filter(([, { slot }]) => slots.includes(slot))
    .flatMap(([id, component]) => {
      const plain = modelWith(component, '');
      const changed = Object.entries(component.fields).flatMap(([name, field]) =>
        otherValuesOf(field, small[name]).map(value => {
          const partner = needs[name] ?? '';
          return {
            name: `${id} ${name} = ${value}`,
            base: modelWith(component, partner),
            text: modelWith(component, `${partner} ${name} = ${value}`, name),
          };
        }),
      );
      return [{ name: id, base: plain, text: plain }, ...changed];
    });
}

/** Values of a setting besides its default: every other word, a small number where there was none, half of an even number. */
function otherValuesOf(field: Field, base: string | undefined): readonly string[] {
  const { default: fallback } = field;
  if (field.kind === 'boolean') return [String(fallback !== true)];
  if (field.kind === 'choice') return Object.keys(field.choices).filter(word => word !== fallback);
  if (field.kind !== 'integer' && field.kind !== 'number') return [];
  if (fallback === null) return [field.kind === 'integer' ? '5' : '0.5'];
  const value = base === undefined && !isComputed(fallback) ? Number(fallback) : Number(base);
  if (field.kind === 'number') return value > 0 && value / 2 >= (field.min ?? 0) ? [String(value / 2)] : [];
  return value >= 4 && value % 2 === 0 ? [String(value / 2)] : [];
}

/** A model of two layers in which `component` stands where its slot is. `own` is the setting under test. */
function modelWith(component: AnyComponent, settings: string, own?: string): string {
  const { slot } = component;
  const sizes = Object.entries(small)
    .filter(([name]) => name !== own && Object.hasOwn(component.fields, name))
    .map(([name, value]) => `${name} = ${value}`);
  const written = `${component.word} { ${[...sizes, settings].join('  ')} }`;
  const at = (wanted: Slot, otherwise: string) => (slot === wanted ? `${slot} ${written}` : otherwise);
  const inside = (wanted: Slot) => (slot === wanted ? `${wanted} ${written}` : '');
  return `
model variant {
  vocab   = 64
  context = 16
  hidden  = 16
  ${at('embedding', '')}
  ${at('position', `position rope { ${inside('scaling')} }`)}
  layer block {
    ${at('norm', 'norm rms')}
    ${slot === 'mixer' ? `mixer ${written}` : at('attention', `attention gqa { heads = ${slot === 'scaling' ? 1 : 4} }`)}
    ${slot === 'router' ? `ffn moe { experts = 4  width = 12  router ${written} }` : at('ffn', 'ffn swiglu { width = 12 }')}
  }
  layers = block * 2
  final_norm rms
  ${at('head', '')}
}`;
}
