import type { Config, Instance } from '../../src/architecture/component';
import { isComputed } from '../../src/architecture/fields';
import type { Branch, LayerSpec, ModelSpec } from '../../src/architecture/model';
import { type ComponentId, componentOf, type SettingsOf } from '../../src/architecture/registry';

/**
 * Model specs for tests, short to write: whatever is left out takes the registry's default, as in the language.
 */

type Written<Id extends ComponentId> = { readonly [K in keyof SettingsOf<Id>]?: SettingsOf<Id>[K] };

/** A component as a test writes it: settings without a default must be there. */
export interface Sketch {
  readonly id: ComponentId;
  readonly settings: Config;
}

/** Writes a component: `use('attention.gqa', { heads: 4 })`. */
export const use = <Id extends ComponentId>(id: Id, settings: Written<Id> = {}): Sketch => ({
  id,
  settings: settings as Config,
});

export interface LayerSketch {
  readonly norm?: Sketch;
  readonly attention?: Sketch;
  readonly mixer?: Sketch;
  readonly position?: Sketch;
  readonly ffn?: Sketch;
  readonly parallel?: boolean;
}

export interface ModelSketch {
  readonly name?: string;
  readonly vocab?: number;
  readonly context?: number;
  readonly hidden?: number;
  readonly tied?: boolean;
  readonly initStd?: number;
  readonly embedding?: Sketch;
  readonly position?: Sketch;
  readonly layers: Readonly<Record<string, LayerSketch>>;
  /** Names of layers; each layer once when left out. */
  readonly stack?: readonly string[];
  readonly finalNorm?: Sketch;
  readonly head?: Sketch;
}

/** Resolves a sketch. */
export function buildSpec(sketch: ModelSketch): ModelSpec {
  const { vocab = 64, context = 16, hidden = 16 } = sketch;
  const position = sketch.position ?? use('position.rope');
  const resolve = (component: Sketch): Instance => resolveSketch(component, { vocab, context, hidden });
  const kinds = Object.entries(sketch.layers).map(([name, layer]): LayerSpec => {
    const norm = resolve(layer.norm ?? use('norm.rms'));
    const branch = (kind: Branch['kind'], body: Sketch | undefined): Branch[] =>
      body === undefined ? [] : [{ kind, body: resolve(body), norm, position: resolve(layer.position ?? position) }];
    return {
      name,
      parallel: layer.parallel ?? false,
      branches: [...branch('attention', layer.attention), ...branch('mixer', layer.mixer), ...branch('ffn', layer.ffn)],
    };
  });
  const firstNorm = Object.values(sketch.layers)[0]?.norm ?? use('norm.rms');
  return {
    name: sketch.name ?? 'test',
    vocab,
    context,
    hidden,
    tied: sketch.tied ?? true,
    initStd: sketch.initStd ?? 0.02,
    embedding: resolve(sketch.embedding ?? use('embedding.token')),
    position: resolve(position),
    kinds,
    stack: sketch.stack ?? kinds.map(kind => kind.name),
    finalNorm: resolve(sketch.finalNorm ?? firstNorm),
    head: resolve(sketch.head ?? use('head.linear')),
  };
}

function resolveSketch({ id, settings }: Sketch, around: Readonly<Record<string, number>>): Instance {
  const component = componentOf({ id });
  const config: Record<string, Config[string]> = {};
  const number = (name: string): number => {
    const value = config[name] ?? around[name];
    if (typeof value !== 'number') throw new Error(`Expected a number '${name}' around ${id}, got ${String(value)}.`);
    return value;
  };
  for (const [name, field] of Object.entries(component.fields)) {
    const written = settings[name];
    const fallback = field.default;
    const value = written !== undefined ? written : isComputed(fallback) ? fallback.of({ number }) : fallback;
    if (value === undefined) throw new Error(`Expected the setting '${name}' of ${id}.`);
    config[name] = value;
  }
  for (const [name, slot] of Object.entries(component.slots)) {
    const written = settings[name] as Instance | undefined;
    if (written !== undefined) config[name] = written;
    else if (slot.default !== null) {
      config[name] = resolveSketch(use(`${slot.slot}.${slot.default}` as ComponentId), around);
    }
  }
  return { id, config };
}

/** A nested component, resolved: `scaling: nested('scaling.linear', { factor: 8 })`. */
export const nested = <Id extends ComponentId>(id: Id, settings: Written<Id> = {}): Instance =>
  resolveSketch(use(id, settings), {});
