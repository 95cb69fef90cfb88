import type { Span } from '../../base/text';
import type { Fix } from '../syntax/syntax-problem';
import type { Block, Document, Setting, Word } from '../syntax/tree';
import type { AutoUse } from './auto';
import type { Problem, ProblemExtras } from './problem';
import { problem } from './problem';
import type { ProblemCode, ProblemParams } from './problems';
import type { FileSymbol, Reference, ResolvedBlock } from './resolved';

/** What the resolver needs from outside. */
export interface ResolveOptions {
  /** The file of the gallery that defines a model, parsed; undefined if there is none of that name. */
  readonly findModel?: (name: string) => Document | undefined;
  /** All names of the gallery, for suggestions. */
  readonly galleryNames?: readonly string[];
}

/** What one resolution collects. */
export interface Context {
  readonly document: Document;
  readonly options: ResolveOptions;
  readonly problems: Problem[];
  readonly blocks: Map<Block, ResolvedBlock>;
  readonly references: Map<Word, Reference>;
  readonly symbols: OpenSymbol[];
  /** Settings that a problem has been reported for, where they are written. */
  readonly reported: Set<Setting>;
  /** Blocks whose words have been checked. */
  readonly checked: Set<Block>;
  /** Settings that a misspelt word probably meant: not missing as well. */
  readonly meant: Map<Block, Set<string>>;
  /** Settings whose values are being computed right now, outermost first. */
  readonly pending: { readonly block: ResolvedBlock; readonly name: string }[];
  /** The model, data or train block that is being resolved. */
  entity: Entity;
  /** What `auto` stands for in it; undefined where it stands for nothing, which has been or will be said. */
  auto: (use: AutoUse) => number | undefined;
}

export interface Entity {
  approximate: boolean;
}

/** A symbol whose uses are still being collected. */
export interface OpenSymbol extends FileSymbol {
  readonly uses: Word[];
}

export function openContext(document: Document, options: ResolveOptions): Context {
  return {
    document,
    options,
    problems: [],
    blocks: new Map(),
    references: new Map(),
    symbols: [],
    reported: new Set(),
    checked: new Set(),
    meant: new Map(),
    pending: [],
    entity: { approximate: false },
    auto: noAuto,
  };
}

/** Outside of models there is no size to aim at. */
function noAuto({ word, name, report: tell }: AutoUse): undefined {
  tell('auto-outside-model', word, { name });
  return undefined;
}

/** Reports a problem of the file being resolved. Errors make the numbers of what is being resolved approximate. */
export function report<Code extends ProblemCode>(
  context: Context,
  code: Code,
  span: Span,
  params: ProblemParams[Code],
  extras?: ProblemExtras,
): void {
  const made = problem(code, span, params, extras);
  if (made.severity === 'error') context.entity.approximate = true;
  context.problems.push(made);
}

export function replaceFix(span: Span, newText: string): Fix {
  return { title: `Change to ${newText}`, edits: [{ start: span.start, end: span.end, newText }] };
}

/** The fix that goes with a "did you mean". */
export function suggestionFix(span: Span, suggestion: string | undefined): readonly Fix[] {
  return suggestion === undefined ? [] : [replaceFix(span, suggestion)];
}

export function refer(context: Context, word: Word, symbol: OpenSymbol): void {
  if (context.references.has(word)) return;
  context.references.set(word, { kind: 'symbol', symbol });
  if (word !== symbol.definition) symbol.uses.push(word);
}

/** The header of a block: what a message about the whole block marks. */
export function headerOf({ keyword, label, name, from }: Block): { readonly start: number; readonly end: number } {
  return { start: keyword.start, end: (from ?? name ?? label ?? keyword).end };
}
