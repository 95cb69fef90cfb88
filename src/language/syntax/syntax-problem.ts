import type { Span, TextEdit } from '../../base/text';

/** A way to repair a mistake: what the editor offers behind its light bulb. */
export interface Fix {
  readonly title: string;
  readonly edits: readonly TextEdit[];
}

/** What the message of each syntax problem needs to know. The messages are in analysis/problems.ts. */
export interface SyntaxParams {
  'unexpected-character': { readonly character: string };
  'unclosed-string': object;
  'wrong-quotes': object;
  'wrong-comment': object;
  'bad-number': { readonly text: string };
  'unknown-unit': { readonly number: string; readonly unit: string; readonly suggestion: string | undefined };
  'bad-name': { readonly text: string; readonly suggestion: string };
  'name-expected': { readonly after: string };
  'value-expected': { readonly after: string };
  'equals-expected': { readonly name: string };
  'comma-expected': object;
  'unexpected-text': { readonly text: string; readonly after: string | undefined };
  'unclosed-block': { readonly block: string };
  'unopened-block': { readonly block: string };
  'unmatched-brace': object;
  'unclosed-bracket': { readonly open: '(' | '['; readonly close: ')' | ']' };
  'unmatched-bracket': { readonly bracket: string };
  'too-deep': object;
}

export type SyntaxCode = keyof SyntaxParams;

/** A mistake in the shape of a file. */
export type SyntaxProblem = { [Code in SyntaxCode]: SyntaxProblemOf<Code> }[SyntaxCode];

interface SyntaxProblemOf<Code extends SyntaxCode> extends Span {
  readonly code: Code;
  readonly params: SyntaxParams[Code];
  readonly fix: Fix | undefined;
}

/** Makes a problem whose parameters fit its code. */
export function syntaxProblem<Code extends SyntaxCode>(
  code: Code,
  span: Span,
  params: SyntaxParams[Code],
  fix?: Fix,
): SyntaxProblem {
  // The compiler cannot see that a union of pairs holds this pair.
  return { code, start: span.start, end: span.end, params, fix } as SyntaxProblem;
}
