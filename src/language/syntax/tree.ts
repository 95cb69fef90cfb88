import type { Span } from '../../base/text';

/**
 * The tree of a `.supra` file. It knows the shapes of the language (blocks, settings, values) and none of its words.
 * Every node has its offsets, and a node's children lie inside it, in the order of the text. Comments are nodes too, so
 * the tree and the text that it keeps say everything that the file says, even where the file is wrong.
 */
export type Node = Document | Block | Body | Item | Expression;

/** What a file or the braces of a block may hold. */
export type Item = Block | Setting | Comment | Invalid;

/** A whole file. */
export interface Document extends Span {
  readonly kind: 'document';
  readonly text: string;
  readonly items: readonly Item[];
  /** All comments of the file, also those inside lists, in order. */
  readonly comments: readonly Comment[];
  /** Whether every brace has its counterpart. Where not, indentation takes part in what the tree is. */
  readonly balanced: boolean;
}

/**
 * `keyword label name from base { … }`; everything but the keyword may be absent.
 * `model tiny from gemma_3_1b { … }`, `layer block { … }`, `norm rms`, `attention { window = none }`, `train { … }`.
 */
export interface Block extends Span {
  readonly kind: 'block';
  /** The first word: `model`, `layer`, `norm`, … */
  readonly keyword: Word;
  /** The second word: a name for `model` and `layer`, a variant for `norm` and `ffn`. */
  readonly label: Word | undefined;
  /** The third word, where there is one. */
  readonly name: Word | undefined;
  /** What follows `from`. A word without text stands for a name still to be typed. */
  readonly from: Word | undefined;
  readonly body: Body | undefined;
}

/** The braces of a block with what they hold. */
export interface Body extends Span {
  readonly kind: 'body';
  readonly items: readonly Item[];
  /** Whether the closing brace is there. */
  readonly closed: boolean;
}

/** `name = value`. */
export interface Setting extends Span {
  readonly kind: 'setting';
  readonly name: Word;
  readonly value: Expression;
}

/** `# text`, up to the end of the line. */
export interface Comment extends Span {
  readonly kind: 'comment';
  /** With its `#`, without blanks at the end. */
  readonly text: string;
  /** Whether something else stands before it on its line. */
  readonly trailing: boolean;
}

/** Text that has no meaning here. The parser has said why. */
export interface Invalid extends Span {
  readonly kind: 'invalid';
}

export type Expression =
  | Word
  | NumberLiteral
  | BooleanLiteral
  | StringLiteral
  | List
  | Sequence
  | Group
  | Unary
  | Binary
  | Call
  | Missing;

/** A word: the name of a setting or layer, a choice such as `sandwich`. May hold dots: `optimizer.lr`. */
export interface Word extends Span {
  readonly kind: 'word';
  readonly text: string;
}

export interface NumberLiteral extends Span {
  readonly kind: 'number';
  /** As written: `10k`. */
  readonly text: string;
  /** With its unit applied: 10000. NaN if the unit is unknown. */
  readonly value: number;
  /** `k`, `M`, `B`, `Ki`, `Mi`, `Gi`, `%` or nothing. */
  readonly unit: string;
}

export interface BooleanLiteral extends Span {
  readonly kind: 'boolean';
  readonly value: boolean;
}

export interface StringLiteral extends Span {
  readonly kind: 'string';
  /** As written, with its quotes. */
  readonly text: string;
  readonly value: string;
}

/** `[a, b]`. */
export interface List extends Span {
  readonly kind: 'list';
  readonly items: readonly Expression[];
}

/** `a * 3, b`: what a pattern of layers is. */
export interface Sequence extends Span {
  readonly kind: 'sequence';
  readonly items: readonly Expression[];
}

/** `( a )`; inside may be a sequence. */
export interface Group extends Span {
  readonly kind: 'group';
  readonly value: Expression;
}

/** `-a` or `+a`. */
export interface Unary extends Span {
  readonly kind: 'unary';
  readonly operator: '-' | '+';
  readonly operand: Expression;
}

export interface Binary extends Span {
  readonly kind: 'binary';
  readonly operator: '+' | '-' | '*' | '/';
  readonly left: Expression;
  readonly right: Expression;
}

/** `sqrt(a)`. */
export interface Call extends Span {
  readonly kind: 'call';
  readonly name: Word;
  readonly items: readonly Expression[];
}

/** Where a value should be and is not. Always empty. */
export interface Missing extends Span {
  readonly kind: 'missing';
}

/** The parts of a node in the order of the text. */
export function children(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'document':
    case 'body':
    case 'list':
    case 'sequence':
      return node.items;
    case 'block':
      return [node.keyword, node.label, node.name, node.from, node.body].filter(part => part !== undefined);
    case 'setting':
      return [node.name, node.value];
    case 'group':
      return [node.value];
    case 'unary':
      return [node.operand];
    case 'binary':
      return [node.left, node.right];
    case 'call':
      return [node.name, ...node.items];
    default:
      return [];
  }
}

/** The nodes that hold an offset, from the document to the innermost; right behind a node still counts as inside. */
export function pathAt(document: Document, offset: number): readonly Node[] {
  const path: Node[] = [document];
  let node: Node | undefined = document;
  while (node) {
    let inner: Node | undefined;
    for (const child of children(node)) {
      // Of two neighbours that touch the offset, the one that starts there is the one the cursor is at, if it is not empty.
      if (child.start <= offset && offset <= child.end && (!inner || child.end > child.start)) inner = child;
      if (child.start > offset) break;
    }
    if (inner) path.push(inner);
    node = inner;
  }
  return path;
}

/** Calls `visit` for a node and all below it, outside first. */
export function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  for (const child of children(node)) walk(child, visit);
}

/** The blocks among some items. */
export function blocksOf(holder: Document | Body | undefined): readonly Block[] {
  return holder ? holder.items.filter(item => item.kind === 'block') : [];
}

/** The settings among some items. */
export function settingsOf(holder: Document | Body | undefined): readonly Setting[] {
  return holder ? holder.items.filter(item => item.kind === 'setting') : [];
}
