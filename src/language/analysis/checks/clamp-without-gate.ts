import { problem } from '../problem';
import { type Check, exactModels, fixValue, placeOf } from './check';
import { mixturesOf } from './mixtures';

/** A clamp on experts that it does nothing for: it is part of a gated activation. */
export const clampWithoutGate: Check = file =>
  exactModels(file).flatMap(model =>
    mixturesOf(model).flatMap(({ block }) => {
      const isClamped = typeof block.settings.get('clamp')?.value === 'number';
      if (!isClamped || block.settings.get('gated')?.value === true) return [];
      const fixes = fixValue(file, block, 'clamp', 'none');
      return [problem('clamp-without-gate', placeOf(file, block, 'clamp'), {}, { fixes })];
    }),
  );
