import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { lineAt, lineIndex, positionAt, type Span } from '../../src/base/text';

/**
 * Files that say what should be found in them. Under a line stands what is found on it:
 *
 *     hiden = 256
 *   # ^^^^^ error unknown-setting: There is no setting …
 *
 * Where carets cannot stand (at the start of a line, over several lines) the columns are written instead: `#@0-5 error …`.
 * `SUPRA_UPDATE=1 npx vitest run <test>` writes what is found into the files.
 */
export interface Finding extends Span {
  readonly severity: string;
  readonly code: string;
  readonly message: string;
}

const annotation = /^\s*#(?:\s*\^+|@\d+-\d+(?:\+\d+)?) (?:error|warning|info|hint) .*$/;

/** The text of an annotated file without what is found in it. */
export function withoutAnnotations(annotated: string): string {
  return annotated
    .split('\n')
    .filter(line => !annotation.test(line))
    .join('\n');
}

/** A text with what is found in it under its lines. */
export function withAnnotations(text: string, findings: readonly Finding[]): string {
  const index = lineIndex(text);
  const below = new Map<number, string[]>();
  for (const finding of findings) {
    const line = lineAt(index, finding.start);
    below.set(line, [...(below.get(line) ?? []), annotate(finding)]);
  }
  return text
    .split('\n')
    .flatMap((line, number) => [line, ...(below.get(number) ?? [])])
    .join('\n');

  function annotate({ start, end, severity, code, message }: Finding): string {
    const { line, character } = positionAt(index, start);
    const last = positionAt(index, end);
    const rest = `${severity} ${code}: ${message}`;
    if (last.line !== line) return `#@${character}-${last.character}+${last.line - line} ${rest}`;
    if (character < 2 || end === start) return `#@${character}-${last.character} ${rest}`;
    return `#${' '.repeat(character - 1)}${'^'.repeat(end - start)} ${rest}`;
  }
}

/** Asserts that a file says exactly what is found in it; in update mode makes it say so. */
export function expectAnnotated(file: string, find: (text: string) => readonly Finding[]): void {
  const annotated = readFileSync(file, 'utf8');
  const text = withoutAnnotations(annotated);
  const actual = withAnnotations(text, find(text));
  if (process.env.SUPRA_UPDATE === '1') writeFileSync(file, actual);
  else expect(actual).toBe(annotated);
}

/** Asserts that a baseline file holds a text; in update mode writes it. */
export function expectBaseline(file: string, actual: string): void {
  if (process.env.SUPRA_UPDATE === '1') writeFileSync(file, actual);
  else expect(actual).toBe(readFileSync(file, 'utf8'));
}
