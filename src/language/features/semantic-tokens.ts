import type { Span } from '../../base/text';
import { type Block, type Expression, type Word, walk } from '../syntax/tree';
import type { Analysed } from './analysed';
import { blockWords } from './wording';

/** Kinds of words, in the order of the legend. */
export const tokenTypes = [
  'keyword',
  'type',
  'class',
  'property',
  'enumMember',
  'variable',
  'function',
  'number',
  'string',
  'comment',
  'operator',
] as const;
export type TokenType = (typeof tokenTypes)[number];
export const tokenModifiers = ['declaration', 'defaultLibrary', 'readonly'] as const;
export type TokenModifier = (typeof tokenModifiers)[number];

export interface SemanticToken extends Span {
  readonly type: TokenType;
  readonly modifiers: readonly TokenModifier[];
}

/** Colours by meaning. Words that mean nothing get no colour, so that a slip of the finger shows. Never over several lines. */
export function semanticTokens({ file }: Analysed): readonly SemanticToken[] {
  const tokens: SemanticToken[] = [];
  const add = ({ start, end }: Span, type: TokenType, ...modifiers: TokenModifier[]) => {
    if (end > start) tokens.push({ start, end, type, modifiers });
  };

  const solved = new Set<Word>(file.models.flatMap(model => (model.solved ? [model.solved.word] : [])));

  const addHeader = (block: Block) => {
    const resolved = file.blocks.get(block);
    if (!resolved) return;
    add(block.keyword, 'keyword');
    if (block.label) {
      if (blockWords.has(resolved.word)) add(block.label, 'class', 'declaration');
      else if (resolved.component?.word === block.label.text) add(block.label, 'type', 'defaultLibrary');
    }
    if (block.from) addReference(block.from);
  };

  const addReference = (word: Word): boolean => {
    const reference = file.references.get(word);
    if (!reference) return false;
    if (reference.kind === 'setting') add(word, 'variable', 'readonly');
    else if (reference.kind === 'gallery') add(word, 'class', 'defaultLibrary');
    else add(word, 'class');
    return true;
  };

  const addValue = (value: Expression, choices: ReadonlySet<string>) =>
    walk(value, node => {
      if (node.kind === 'word') {
        if (!addReference(node) && choices.has(node.text)) add(node, 'enumMember');
        else if (solved.has(node)) add(node, 'enumMember', 'defaultLibrary');
      } else if (node.kind === 'number') add(node, 'number');
      else if (node.kind === 'boolean') add(node, 'enumMember', 'defaultLibrary');
      else if (node.kind === 'string') add(node, 'string');
      else if (node.kind === 'call' && node.name.text === 'sqrt') add(node.name, 'function', 'defaultLibrary');
    });

  walk(file.document, node => {
    if (node.kind === 'block') {
      addHeader(node);
      const resolved = file.blocks.get(node);
      for (const item of node.body?.items ?? []) {
        if (item.kind !== 'setting') continue;
        const field = resolved?.definition.fields[item.name.text];
        if (field) add(item.name, 'property');
        const words = field?.kind === 'choice' ? Object.keys(field.choices) : field && 'none' in field ? ['none'] : [];
        addValue(item.value, new Set(words));
      }
    }
  });
  for (const comment of file.document.comments) add(comment, 'comment');
  return tokens.sort((a, b) => a.start - b.start);
}
