import { problem } from '../problem';
import { type Check, exactModels, placeOf } from './check';

/** Attention without a position signal in every layer. A mixer sees order by itself, so hybrids may do without. */
export const noPositionAnywhere: Check = file =>
  exactModels(file).flatMap(model => {
    const { spec } = model;
    const branches = spec.kinds.flatMap(kind => kind.branches);
    const attention = branches.filter(branch => branch.kind === 'attention');
    const ordered =
      spec.position.id === 'position.learned' ||
      branches.some(branch => branch.kind === 'mixer') ||
      attention.some(branch => branch.position.id !== 'position.none');
    if (ordered || attention.length === 0) return [];
    return [problem('no-position-anywhere', placeOf(file, model.resolved, 'layers'), { layers: spec.stack.length })];
  });
