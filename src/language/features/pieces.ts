import { activeElements, cacheElementBytes, elements, matmulFlops } from '../../architecture/costs';
import type { ModelSpec } from '../../architecture/model';
import { cacheBytesAt, type PartCost, partCosts } from '../../architecture/part-costs';

/** What one tensor, state or cache of a model costs, in all layers that have it. */
export interface Piece {
  readonly elements: number;
  readonly active: number;
  /** Forward, at full context. */
  readonly flopsPerToken: number;
  /** Kept at full context. */
  readonly cacheElements: number;
}

const nothing: Piece = { elements: 0, active: 0, flopsPerToken: 0, cacheElements: 0 };

/** A model by its smallest pieces, each under a name that stays while sizes change: their sum is what `costsOf` says. */
export function piecesOf(model: ModelSpec): ReadonlyMap<string, Piece> {
  const pieces = new Map<string, Piece>();
  const { before, layers, behind } = partCosts(model);
  const add = (place: string, part: PartCost, uses: number): void => {
    let matmul = 0;
    for (const tensor of part.tensors) {
      const flops = matmulFlops(tensor);
      matmul += flops;
      pieces.set(`${place}.${tensor.name}`, {
        elements: uses * elements(tensor),
        active: uses * activeElements(tensor),
        flopsPerToken: uses * flops,
        cacheElements: 0,
      });
    }
    const cached = part.cache ? cacheBytesAt(part.cache, model.context) / cacheElementBytes : 0;
    pieces.set(`${place}/state`, { ...nothing, flopsPerToken: uses * (part.flopsPerToken - matmul) });
    pieces.set(`${place}/cache`, { ...nothing, cacheElements: uses * cached });
  };
  for (const part of [...before, ...behind]) add(part.part, part, 1);
  for (const { name, uses, branches } of layers) {
    branches.forEach((branch, index) => {
      for (const place of ['before', 'body', 'after'] as const) {
        const part = branch[place];
        if (part) add(`${name}/${index}.${branch.kind}/${place}`, part, uses);
      }
    });
  }
  return pieces;
}

export const sumOfPieces = (pieces: readonly Piece[]): Piece =>
  pieces.reduce(
    (sum, piece) => ({
      elements: sum.elements + piece.elements,
      active: sum.active + piece.active,
      flopsPerToken: sum.flopsPerToken + piece.flopsPerToken,
      cacheElements: sum.cacheElements + piece.cacheElements,
    }),
    nothing,
  );
