import type { Instance } from '../../../architecture/component';
import { costsOf, parametersOf } from '../../../architecture/costs';
import { layerAt, type ModelSpec } from '../../../architecture/model';
import type { Fix } from '../../syntax/syntax-problem';
import { problem } from '../problem';
import type { ResolvedBlock, ResolvedFile } from '../resolved';
import { type Check, type ExactModel, exactModels, placeOf, writtenValue } from './check';

/** Above this many parameters the literature finds depth to help (MobileLLM); below, our Experiment 4 finds the opposite. */
const smallModel = 10e6;
/** Dimensions per layer below which a small model counts as narrow: 12 x 128 has 10.7, 6 x 192 has 32. */
const narrow = 16;
/** Dimensions per layer of a shape worth offering. */
const wide = 32;
const hiddenStep = 32;
/** How many times wider a shape is considered, and the fewest layers that still make a deep network. */
const widest = 4;
const fewestLayers = 3;

/** A small model with many thin layers. Offers a wider shape of about the same size. */
export const deepAndNarrow: Check = file =>
  exactModels(file).flatMap(model => {
    const { spec } = model;
    const { total } = costsOf(spec);
    const layers = spec.stack.length;
    if (total >= smallModel || layers < 8 || spec.hidden / layers >= narrow) return [];
    const better = widerShape(spec, total);
    return [
      problem(
        'deep-and-narrow',
        placeOf(file, model.resolved, 'layers'),
        { layers, hidden: spec.hidden, total, better },
        { fixes: better === undefined ? [] : shapeFix(file, model, better) },
      ),
    ];
  });

interface Shape {
  readonly layers: number;
  readonly hidden: number;
  readonly total: number;
}

/** The shape with enough width whose size is nearest, for a stack of one kind of layer. */
function widerShape(spec: ModelSpec, total: number): Shape | undefined {
  if (spec.kinds.length !== 1) return undefined;
  let best: Shape | undefined;
  for (let hidden = spec.hidden + hiddenStep; hidden <= widest * spec.hidden; hidden += hiddenStep) {
    const [one, two] = [reshaped(spec, 1, hidden), reshaped(spec, 2, hidden)];
    if (one === undefined || two === undefined) continue;
    // Layers of one kind are all alike, so two counts tell every depth.
    const base = parametersOf(one);
    const perLayer = parametersOf(two) - base;
    const fitting = Math.round(1 + (total - base) / perLayer);
    const layers = Math.max(fewestLayers, Math.min(fitting, Math.floor(hidden / wide)));
    if (layers >= spec.stack.length || hidden / layers < wide) continue;
    const shape = { layers, hidden, total: base + (layers - 1) * perLayer };
    const distance = (candidate: Shape) => Math.abs(Math.log(candidate.total / total));
    if (best === undefined || distance(shape) < distance(best)) best = shape;
  }
  return best;
}

/** The same model with other sizes: heads keep their size, inner widths their ratio. */
function reshaped(spec: ModelSpec, layers: number, hidden: number): ModelSpec | undefined {
  const kind = layerAt(spec, 0);
  const branches = kind.branches.map(branch => {
    const config = resized(branch.body, spec.hidden, hidden);
    return config === undefined ? undefined : { ...branch, body: { ...branch.body, config } };
  });
  if (branches.some(branch => branch === undefined)) return undefined;
  return {
    ...spec,
    hidden,
    stack: Array.from({ length: layers }, () => kind.name),
    kinds: [{ ...kind, branches: branches.filter(branch => branch !== undefined) }],
  };
}

function resized(body: Instance, from: number, to: number): Instance['config'] | undefined {
  const scale = to / from;
  const config = { ...body.config };
  for (const name of ['heads', 'kv_heads', 'width']) {
    const value = config[name];
    if (typeof value !== 'number') continue;
    if (!Number.isInteger(value * scale)) return undefined;
    config[name] = value * scale;
  }
  return config;
}

/** Edits that make the shape: only where every size is written in this file. */
function shapeFix(file: ResolvedFile, model: ExactModel, shape: Shape): readonly Fix[] {
  const layer = model.layers.find(candidate => candidate.uses > 0);
  const hidden = writtenValue(file, model.resolved, 'hidden');
  const layers = writtenValue(file, model.resolved, 'layers');
  if (layer === undefined || hidden === undefined || layers === undefined) return [];
  const scale = shape.hidden / model.spec.hidden;
  const sizes = [...layer.resolved.slots.values()].flatMap(block => sizeEdits(file, block, scale));
  return [
    {
      title: `Make it ${shape.layers} x ${shape.hidden}`,
      edits: [
        { start: hidden.start, end: hidden.end, newText: String(shape.hidden) },
        ...sizes,
        { start: layers.start, end: layers.end, newText: `${layer.name} * ${shape.layers}` },
      ],
    },
  ];
}

/** Sizes written as plain numbers grow with hidden; formulas do so by themselves. */
function sizeEdits(file: ResolvedFile, block: ResolvedBlock, scale: number) {
  return ['heads', 'kv_heads', 'width'].flatMap(name => {
    const value = writtenValue(file, block, name);
    return value?.kind === 'number'
      ? [{ start: value.start, end: value.end, newText: String(value.value * scale) }]
      : [];
  });
}
