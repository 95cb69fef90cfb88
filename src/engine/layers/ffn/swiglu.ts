import type { Layer } from '../layer';
import { gatedFeed } from './gated';

/** y = W_down (silu(W_gate x) * W_up x). */
export const swigluLayer: Layer<'ffn.swiglu'> = {
  feed: (x, scope) => gatedFeed(x, 'silu', scope),
};
