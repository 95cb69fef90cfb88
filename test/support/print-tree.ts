import { children, type Node } from '../../src/language/syntax/tree';

/** A tree as indented lines, one node each, with the text of its leaves; offsets on demand. */
export function printTree(node: Node, options: { readonly offsets: boolean }, depth = 0): string {
  const place = options.offsets ? ` ${node.start}-${node.end}` : '';
  const inside = children(node).map(child => printTree(child, options, depth + 1));
  return `${'  '.repeat(depth)}${node.kind}${detail(node)}${place}\n${inside.join('')}`;
}

function detail(node: Node): string {
  switch (node.kind) {
    case 'word':
    case 'comment':
    case 'string':
      return ` ${node.text}`;
    case 'number':
      return ` ${node.text} (${node.value})`;
    case 'boolean':
      return ` ${node.value}`;
    case 'unary':
    case 'binary':
      return ` ${node.operator}`;
    case 'body':
      return node.closed ? '' : ' (not closed)';
    // The roles of a block's words, which all look the same.
    case 'block':
      return ` ${[node.label && 'label', node.name && 'name', node.from && 'from', node.body && 'body'].filter(Boolean).join(' ')}`.trimEnd();
    default:
      return '';
  }
}
