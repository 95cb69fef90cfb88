import type { Layer } from '../layer';
import { gatedFeed } from './gated';

/** y = W_down (gelu(W_gate x) * W_up x). */
export const gegluLayer: Layer<'ffn.geglu'> = {
  feed: (x, scope) => gatedFeed(x, scope.config.approximation === 'tanh' ? 'gelu_tanh' : 'gelu', scope),
};
