import { type Ambient, type Instance, type Weight, weight } from '../../component';

/** Names of the tensors of a router; they belong to the layer whose experts it chooses. */
export type RouterWeight = 'router' | 'router_bias' | 'router_correction';

const hasCorrection = ({ config }: Instance): boolean =>
  config.correction_bias === 'buffer' || config.correction_bias === 'parameter';

/** The tensors of a router for this many experts: scores are router x + router_bias. */
export function routerWeights(
  router: Instance,
  experts: number,
  { hidden, initStd }: Ambient,
): readonly Weight<RouterWeight>[] {
  return [
    weight('router', {
      shape: { experts, hidden },
      init: { kind: 'normal', std: initStd },
      role: 'matmul',
      hf: 'mlp.gate.weight',
      gguf: 'ffn_gate_inp.weight',
    }),
    ...(router.config.bias === true
      ? [
          weight('router_bias', {
            shape: { experts },
            init: { kind: 'constant', value: 0 },
            role: 'bias',
            hf: 'mlp.gate.bias',
            gguf: 'ffn_gate_inp.bias',
          }),
        ]
      : []),
    ...(hasCorrection(router)
      ? [
          weight('router_correction', {
            shape: { experts },
            init: { kind: 'constant', value: 0 },
            role: router.config.correction_bias === 'parameter' ? 'bias' : 'buffer',
            trainable: false,
            hf: 'mlp.gate.e_score_correction_bias',
            gguf: 'exp_probs_b.bias',
          }),
        ]
      : []),
  ];
}
