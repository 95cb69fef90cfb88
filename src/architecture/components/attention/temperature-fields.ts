import { integer, optionalNumber } from '../../fields';

/** Settings of a query temperature that grows with the position; how positions are counted is up to the attention. */

export const temperatureField = optionalNumber({
  doc: 'Queries grow with their position, so that attention stays sharp over a long context: times 1 + temperature * log(1 + floor(position / temperature_floor)) (Llama 4 and Mistral Large 3: 0.1).',
  none: 'queries are as large at every position',
  default: null,
  min: 0,
  exclusiveMin: true,
  suggestions: [0.1],
});

export const temperatureFloorField = integer({
  doc: 'Positions per step of the temperature; up to the first step nothing changes.',
  unit: 'tokens',
  default: 8192,
  min: 1,
});
