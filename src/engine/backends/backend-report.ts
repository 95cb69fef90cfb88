/** The engines a tensor can run on. `native` is ours in C++, `tensorflow` is tfjs-node, `fallback` is plain JavaScript. */
export type BackendId = 'native' | 'tensorflow' | 'fallback';

export const backendIds: readonly BackendId[] = ['native', 'tensorflow', 'fallback'];

/** What is known about one backend on this machine, for `supra doctor` and for the choice. */
export interface BackendReport {
  readonly id: BackendId;
  readonly available: boolean;
  /** One sentence: what it is, or why it cannot be used and what to do about it. */
  readonly reason: string;
  /** Facts in words for a table, such as `instruction set: avx2`. Empty when not available. */
  readonly details: readonly { readonly name: string; readonly value: string }[];
}
