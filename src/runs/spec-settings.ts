import type { Instance } from '../architecture/component';
import { type ExperimentSpec, type LayerSpec, placementOf } from '../architecture/model';

/** Every setting of a spec as a flat table: path in the words of the language to value as written there. */
export type Settings = ReadonlyMap<string, string>;

/** Flattens a spec: `model.hidden` = 256, `layer block.attention` = gqa, `layer block.attention.heads` = 8. */
export function settingsOf({ model, data, train }: ExperimentSpec): Settings {
  const table = new Map<string, string>();
  const { kinds, stack, embedding, position, finalNorm, head, ...plainModel } = model;
  addPlain(table, 'model', plainModel);
  table.set('model.layers', patternOf(stack));
  addInstance(table, 'model.embedding', embedding);
  addInstance(table, 'model.position', position);
  for (const kind of kinds) addLayer(table, kind);
  addInstance(table, 'model.final_norm', finalNorm);
  addInstance(table, 'model.head', head);
  addPlain(table, 'data', data);
  addPlain(table, 'train', train);
  return table;
}

/** One setting that is not the same in all runs. */
export interface Difference {
  readonly path: string;
  /** One value per run; `null` where a run has no such setting. */
  readonly values: readonly (string | null)[];
}

/** The settings in which specs differ, in the order of the language. */
export function differencesOf(specs: readonly ExperimentSpec[]): Difference[] {
  const tables = specs.map(settingsOf);
  const paths = new Set(tables.flatMap(table => [...table.keys()]));
  return [...paths]
    .map(path => ({ path, values: tables.map(table => table.get(path) ?? null) }))
    .filter(({ values }) => values.some(value => value !== values[0]));
}

/** A stack in the pattern language: block * 12; local * 5, global. */
export function patternOf(stack: readonly string[]): string {
  const runs: { name: string; times: number }[] = [];
  for (const name of stack) {
    const last = runs.at(-1);
    if (last?.name === name) last.times++;
    else runs.push({ name, times: 1 });
  }
  return runs.map(({ name, times }) => (times === 1 ? name : `${name} * ${times}`)).join(', ');
}

function addLayer(table: Map<string, string>, layer: LayerSpec): void {
  const path = `layer ${layer.name}`;
  table.set(`${path}.parallel`, String(layer.parallel));
  for (const branch of layer.branches) {
    addInstance(table, `${path}.${branch.kind}`, branch.body);
    addInstance(table, `${path}.${branch.kind}.norm`, branch.norm);
    table.set(`${path}.${branch.kind}.norm.place`, placementOf(branch));
    // Only attention has a position signal.
    if (branch.kind === 'attention') addInstance(table, `${path}.position`, branch.position);
  }
}

function addPlain(table: Map<string, string>, path: string, block: object): void {
  for (const [name, value] of Object.entries(block)) add(table, `${path}.${inWords(name)}`, value);
}

function addInstance(table: Map<string, string>, path: string, { id, config }: Instance): void {
  table.set(path, id.slice(id.indexOf('.') + 1));
  for (const [name, value] of Object.entries(config)) add(table, `${path}.${name}`, value);
}

function add(table: Map<string, string>, path: string, value: unknown): void {
  if (isInstance(value)) addInstance(table, path, value);
  else table.set(path, asWritten(value));
}

function asWritten(value: unknown): string {
  if (value === null) return 'none';
  if (Array.isArray(value)) return `[${value.map(asWritten).join(', ')}]`;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const isInstance = (value: unknown): value is Instance =>
  typeof value === 'object' && value !== null && 'id' in value && 'config' in value;

/** evalEvery -> eval_every: the spec's names of settings are those of the language in camel case. */
const inWords = (name: string): string => name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);
