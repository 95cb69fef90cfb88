import type { TextDocument } from 'vscode';

/** How long a save that is under way may take to end. */
const patienceMs = 3000;
const lookEveryMs = 50;

/**
 * Saves a document; false when what is on the disk is still not its text. `save` itself also answers false when auto save was
 * faster: because nothing is left to save, or at once while that is still writing. Then it is waited for, not asked again,
 * since the editor shows an error of its own for every save that fails.
 */
export async function saveDocument(document: Pick<TextDocument, 'isDirty' | 'save'>): Promise<boolean> {
  if (!document.isDirty || (await document.save())) return true;
  const end = performance.now() + patienceMs;
  while (document.isDirty && performance.now() < end) await new Promise(resolve => setTimeout(resolve, lookEveryMs));
  return !document.isDirty;
}
