import { boolean, number } from '../../fields';

/** Settings that several routers share. */

export const renormalizeField = boolean({
  doc: 'The weights of the chosen experts are divided by their sum (norm_topk_prob); after a softmax this equals a softmax over the chosen ones.',
  default: true,
});

export const scaleField = number({
  doc: 'Factor on the weights of the chosen experts, after renormalizing (routed_scaling_factor).',
  default: 1,
  min: 0,
  exclusiveMin: true,
});

export const auxLossField = number({
  doc: 'Weight of the load-balancing loss, experts * sum of (share of tokens * mean score) over the experts (router_aux_loss_coef; Switch Transformer: 0.01); only training sees it.',
  default: 0,
  min: 0,
  suggestions: [0.001, 0.01],
});
