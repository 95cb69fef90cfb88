import { problem } from '../problem';
import { type Check, exactModels, fixValue, layersWith, placeOf } from './check';

/** Sinks in attention whose answers are gated: both exist so that a head can answer nothing. */
export const sinksBesideGate: Check = file =>
  exactModels(file).flatMap(model =>
    layersWith(model, 'attention', 'attention.gqa').flatMap(([, attention]) => {
      const { settings } = attention;
      if (settings.get('sinks')?.value !== true || settings.get('gate')?.value === 'none') return [];
      const fixes = fixValue(file, attention, 'sinks', 'false');
      return [problem('sinks-beside-gate', placeOf(file, attention, 'sinks'), {}, { fixes })];
    }),
  );
