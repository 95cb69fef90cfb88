import type { Layer } from '../layer';

/** No signal: vectors, queries and keys stay as they are. */
export const noPositionLayer: Layer<'position.none'> = {
  add: hidden => hidden,
  rotate: x => x,
};
