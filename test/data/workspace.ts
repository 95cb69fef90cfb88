import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A workspace folder with these files, gone after the test. */
export function makeWorkspace(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'supra-data-')));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) writeWorkspaceFile(root, name, content);
  return root;
}

export function writeWorkspaceFile(root: string, name: string, content: string | Uint8Array): void {
  const path = join(root, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** All items of a stream. */
export async function collect<Item>(stream: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

/** Text with words, lines and paragraphs, different for every seed, `paragraphs` long. */
export function sampleText(seed: number, paragraphs: number): string {
  const words = ['whale', 'sea', 'the', 'of', 'harpoon', "ship's", 'and', '1851', 'Ahab', 'deep,', 'night.', 'é', '海'];
  let state = seed * 2654435761 + 1;
  const pick = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return words[(state >>> 8) % words.length] ?? '';
  };
  const paragraph = () => Array.from({ length: 40 }, pick).join(' ');
  return Array.from({ length: paragraphs }, (_, index) => `${seed}.${index} ${paragraph()}`).join('\n\n');
}
