import { elementsOf } from '../../../architecture/component';
import { layerWeights, tokensPerStep } from '../../../architecture/model';
import { problem } from '../problem';
import { type Check, type ExactModel, exactModels, placeOf } from './check';
import { type Mixture, mixturesOf } from './mixtures';

/** Below this an expert is a handful of neurons: 64 x 32 x 3 has 6144. */
const fewestParameters = 8192;

/** Experts that are too small to hold something of their own, or that see too few tokens of a run to learn it. */
export const starvedExperts: Check = file => [
  ...exactModels(file).flatMap(model =>
    mixturesOf(model).flatMap(({ block, layer, experts, topK }) => {
      const { parameters } = expertsOf(model, [layer.name]);
      if (parameters >= fewestParameters) return [];
      const params = { experts, topK, parameters, seen: undefined };
      return [problem('starved-experts', placeOf(file, block, 'width'), params)];
    }),
  ),
  ...file.trains.flatMap(train => {
    const { experiment, model } = train;
    if (experiment === undefined || train.approximate || model === undefined) return [];
    const exact = exactModels(file).find(candidate => candidate === model);
    const tokens = experiment.train.steps * tokensPerStep(experiment);
    const mixtures = exact === undefined ? [] : mixturesOf(exact);
    const [first] = mixtures;
    if (exact === undefined || first === undefined) return [];
    // An expert of one layer stands for its like in all layers: what they have to learn and what they see grow apart with depth.
    const { parameters, perStack } = expertsOf(exact, mixtures.map(nameOf));
    const seen = Math.round(tokens * Math.min(1, first.topK / first.experts));
    if (seen >= perStack) return [];
    const params = { experts: first.experts, topK: first.topK, parameters, seen: { tokens: seen, perStack } };
    return [problem('starved-experts', placeOf(file, first.block, 'experts'), params)];
  }),
];

const nameOf = ({ layer }: Mixture): string => layer.name;

/** Parameters of one expert in one of the named layers, and of one expert in each of them together. */
function expertsOf(
  { spec }: ExactModel,
  names: readonly string[],
): { readonly parameters: number; readonly perStack: number } {
  const sizes = spec.kinds.flatMap(kind => {
    if (!names.includes(kind.name)) return [];
    const stacked = layerWeights(spec, kind).filter(({ shape, active }) => 'experts' in shape && active !== undefined);
    const size = stacked.reduce((sum, tensor) => sum + elementsOf(tensor) / (tensor.shape.experts ?? 1), 0);
    return [{ size, uses: spec.stack.filter(name => name === kind.name).length }];
  });
  return { parameters: sizes[0]?.size ?? 0, perStack: sizes.reduce((sum, { size, uses }) => sum + size * uses, 0) };
}
