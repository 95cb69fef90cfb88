import { concat, slice, type Tensor, type Tensor1D, type Tensor2D, type Tensor3D, tidy } from '@tensorflow/tfjs-core';
import type { Ambient, Instance } from '../architecture/component';
import { ambientOf, type Branch, type LayerSpec, layerAt, type ModelSpec, placementOf } from '../architecture/model';
import type { DecodeCache } from './decode-cache';
import type { Memory, MixingScope, Pass, Scope } from './layers/layer';
import { layerOf } from './layers/layers';
import { linear } from './ops/linear';
import { view } from './ops/view';
import { residualAdd } from './residual-add';
import type { ModelVariables } from './variables';

/** The tensor functions of one model: the same for whole sequences and for decoding. */
export interface Forward {
  /** Final states, after the last norm: [batch, seq, hidden] of ids int32 [batch, seq]. */
  hidden(ids: Tensor2D, pass: Pass, cache: DecodeCache | null): Tensor3D;
  /**
   * States of the prediction modules, after their norms; module k (from 0) stands k + 1 tokens ahead, so its are shorter by as
   * much: [batch, seq - k - 1, hidden]. Of ids int32 [batch, seq] and the model's final states.
   */
  predictions(ids: Tensor2D, hidden: Tensor3D, pass: Pass): readonly Tensor3D[];
  /** Scores of states given as rows: [tokens, vocab] of [tokens, hidden]. */
  logits(rows: Tensor2D, pass: Pass): Tensor2D;
  /** Mean cross-entropy in nats, a scalar; targets int32 [tokens], -1 for none. */
  loss(rows: Tensor2D, targets: Tensor1D, pass: Pass): Tensor;
  /** Cross-entropy of every token: [tokens]. */
  tokenLosses(rows: Tensor2D, targets: Tensor1D, pass: Pass): Tensor1D;
}

type AnyScope = Scope<Instance['config'], string>;

/**
 * Puts the layers of a model together: x = embed(ids), then per branch x = x + after(body(before(x))), then the final norm.
 * Branches of a parallel layer all read the layer's input (Wang and Komatsuzaki 2021, GPT-J).
 */
export function createForward(model: ModelSpec, variables: ModelVariables): Forward {
  const outside = ambientOf(model);
  const scopeAt = (path: string, instance: Instance, ambient: Ambient, pass: Pass): AnyScope => ({
    config: instance.config,
    ambient,
    weights: variables.at(path),
    pass,
    path,
  });

  /** after(body(before(x))) of one branch. */
  function branchOutput(x: Tensor3D, branch: Branch, path: string, pass: Pass, cache: DecodeCache | null): Tensor3D {
    const place = placementOf(branch);
    const norm = layerOf('norm', branch.norm);
    const normalize = (y: Tensor3D, when: 'before' | 'after'): Tensor3D => {
      const ambient = ambientOf(model, branch.norm, { of: branch.kind, when, place });
      return norm.normalize(y, scopeAt(`${path}.${branch.kind}_norm_${when}`, branch.norm, ambient, pass));
    };
    const input = place === 'post' ? x : normalize(x, 'before');
    const bodyPath = `${path}.${branch.kind}`;
    const scope = scopeAt(bodyPath, branch.body, ambientOf(model, branch.norm), pass);
    const body = runBody(input, branch, scope, cache?.memory(bodyPath) ?? null);
    return place === 'pre' ? body : normalize(body, 'after');
  }

  function runBody(x: Tensor3D, branch: Branch, scope: AnyScope, memory: Memory | null): Tensor3D {
    if (branch.kind === 'ffn') return layerOf('ffn', branch.body).feed(x, scope);
    const position = layerOf('position', branch.position);
    // The position of a branch has no tensors of its own: a table of positions is added once, to the model's input.
    const positionScope = { ...scope, config: branch.position.config };
    const mixing: MixingScope<Instance['config'], string> = {
      ...scope,
      memory,
      rotate: (y, interleaved) => position.rotate(y, positionScope, interleaved),
      scoreFactor: position.scoreFactor?.(positionScope) ?? 1,
    };
    return layerOf(branch.kind, branch.body).mix(x, mixing);
  }

  function layer(
    x: Tensor3D,
    { branches, parallel }: LayerSpec,
    path: string,
    pass: Pass,
    cache: DecodeCache | null,
  ): Tensor3D {
    return branches.reduce<Tensor3D>(
      // Each branch tidies up behind itself, so that a deep model holds the intermediates of one branch only.
      (sum, branch) => tidy(() => residualAdd(sum, branchOutput(parallel ? x : sum, branch, path, pass, cache))),
      x,
    );
  }

  const embed = (ids: Tensor2D, pass: Pass): Tensor3D =>
    layerOf('embedding', model.embedding).embed(ids, scopeAt('embedding', model.embedding, outside, pass));
  /** A norm like the final one. */
  const normalizeAt = (x: Tensor3D, path: string, pass: Pass): Tensor3D =>
    layerOf('norm', model.finalNorm).normalize(x, scopeAt(path, model.finalNorm, outside, pass));
  const head = layerOf('head', model.head);
  const headScope = (pass: Pass) => scopeAt('head', model.head, outside, pass);
  return {
    hidden(ids, pass, cache) {
      const embedded = embed(ids, pass);
      const placed = layerOf('position', model.position).add(
        embedded,
        scopeAt('position', model.position, outside, pass),
      );
      const last = model.stack.reduce(
        (x, _, index) => layer(x, layerAt(model, index), `layers.${index}`, pass, cache),
        placed,
      );
      return normalizeAt(last, 'final_norm', pass);
    },
    predictions(ids, hidden, pass) {
      let state = hidden;
      const [batch, seq, size] = hidden.shape;
      return (model.mtp ?? []).slice(0, seq - 1).map((spec, module) => {
        const path = `mtp.${module}`;
        const ahead = module + 1;
        const placed = { ...pass, offset: ahead };
        const token = embed(slice(ids, [0, ahead], [batch, seq - ahead]), pass);
        const before = slice(state, [0, 0, 0], [batch, seq - ahead, size]);
        const both = concat(
          [normalizeAt(token, `${path}.token_norm`, pass), normalizeAt(before, `${path}.state_norm`, pass)],
          2,
        );
        const projection = variables.at(path).get('projection', 2);
        state = layer(linear(both, projection, null, pass.precision) as Tensor3D, spec, path, placed, null);
        return normalizeAt(state, `${path}.output_norm`, pass);
      });
    },
    logits: (rows, pass) => head.logits(rows, headScope(pass)),
    loss: (rows, targets, pass) => head.loss(rows, targets, headScope(pass)),
    tokenLosses: (rows, targets, pass) => head.tokenLosses(rows, targets, headScope(pass)),
  };
}

/** States as rows, the way heads read them: [batch * seq, hidden]. */
export const rowsOf = (hidden: Tensor3D): Tensor2D =>
  view(hidden, [hidden.shape[0] * hidden.shape[1], hidden.shape[2]]);
