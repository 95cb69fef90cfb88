import { createHash, type Hash } from 'node:crypto';
import { cutNear } from './cut-text';
import type { Piece } from './read-documents';

export type Part = 'train' | 'validation';

export interface PartPiece extends Piece {
  readonly part: Part;
}

/** How a source is divided, decided once per source and seed. */
export interface SplitPlan {
  readonly kind: 'none' | 'documents' | 'tails';
  /** UTF-8 bytes of each document. */
  readonly documentBytes: readonly number[];
  /** Documents that are held out, by number; only for `documents`. */
  readonly heldOut: ReadonlySet<number>;
  readonly holdout: number;
}

/** Fewer held-out documents than this are too much a matter of luck. */
const fewestHeldOut = 8;

/**
 * Decides what is held out for validation.
 *
 * - `documents`: whole documents, in the order of a hash of their text and the seed, until `holdout` of all bytes is
 *   reached. Equal documents have equal hashes, so they stay on one side: a text that occurs twice cannot be both
 *   trained on and validated on. A document that would overshoot by more than a quarter is passed over.
 * - `tails`, where that would give fewer than eight documents: the end of every document, cut at the paragraph, line,
 *   sentence or word nearest to the place. Nothing on one side is on the other, and no window crosses.
 * - `none` for a holdout of 0.
 */
export async function planSplit(
  pieces: AsyncIterable<Piece>,
  { holdout, seed }: { readonly holdout: number; readonly seed: number },
): Promise<SplitPlan> {
  const documentBytes: number[] = [];
  const keys: number[] = [];
  let bytes = 0;
  let hash: Hash | null = null;
  for await (const { text, last } of pieces) {
    hash ??= createHash('sha256').update(`${seed} `);
    hash.update(text);
    bytes += Buffer.byteLength(text);
    if (!last) continue;
    documentBytes.push(bytes);
    // 48 bits: the most that a number holds exactly; two different documents in one group would do no harm.
    keys.push(hash.digest().readUIntBE(0, 6));
    hash = null;
    bytes = 0;
  }
  if (holdout === 0) return { kind: 'none', documentBytes, heldOut: new Set(), holdout };
  const heldOut = chooseDocuments(documentBytes, keys, holdout);
  const kind = heldOut.size >= fewestHeldOut ? 'documents' : 'tails';
  return { kind, documentBytes, heldOut: kind === 'documents' ? heldOut : new Set(), holdout };
}

function chooseDocuments(documentBytes: readonly number[], keys: readonly number[], holdout: number): Set<number> {
  const wanted = holdout * documentBytes.reduce((sum, bytes) => sum + bytes, 0);
  const order = keys.map((_, document) => document);
  order.sort((first, second) => (keys[first] ?? 0) - (keys[second] ?? 0) || first - second);
  const chosen = new Set<number>();
  let taken = 0;
  for (let from = 0; from < order.length && taken < wanted; ) {
    let to = from;
    let groupBytes = 0;
    while (to < order.length && keys[order[to] ?? 0] === keys[order[from] ?? 0]) {
      groupBytes += documentBytes[order[to++] ?? 0] ?? 0;
    }
    if (taken + groupBytes <= wanted * 1.25) {
      for (const document of order.slice(from, to)) chosen.add(document);
      taken += groupBytes;
    }
    from = to;
  }
  return chosen;
}

/** Gives every piece its part; with `tails`, a document becomes two: its head and its tail. */
export async function* splitDocuments(pieces: AsyncIterable<Piece>, plan: SplitPlan): AsyncGenerator<PartPiece> {
  let document = 0;
  let bytesBefore = 0;
  let inTail = false;
  for await (const { text, last } of pieces) {
    if (plan.kind !== 'tails') {
      yield { part: plan.heldOut.has(document) ? 'validation' : 'train', text, last };
      if (last) document++;
      continue;
    }
    const total = plan.documentBytes[document] ?? 0;
    const bytes = Buffer.byteLength(text);
    const cutByte = Math.round(total * (1 - plan.holdout)) - bytesBefore;
    if (inTail) {
      yield { part: 'validation', text, last };
    } else if (cutByte >= bytes && !last) {
      yield { part: 'train', text, last: false };
    } else {
      const target = Math.min(text.length, Math.round((text.length * cutByte) / Math.max(1, bytes)));
      const reach = Math.ceil((total * plan.holdout) / 4);
      const cut = cutNear(text, target, reach);
      const head = text.slice(0, cut);
      const tail = text.slice(cut);
      if (head !== '' || bytesBefore > 0) yield { part: 'train', text: head, last: true };
      if (tail !== '' || !last) yield { part: 'validation', text: tail, last };
      inTail = true;
    }
    bytesBefore += bytes;
    if (last) {
      document++;
      bytesBefore = 0;
      inTail = false;
    }
  }
}
