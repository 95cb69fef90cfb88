import type { TextDocument } from 'vscode';

/**
 * Saves a document; false when what is on the disk is still not its text. `save` itself also answers false when auto save was
 * faster, because then there is nothing left to save.
 */
export async function saveDocument(document: Pick<TextDocument, 'isDirty' | 'save'>): Promise<boolean> {
  return !document.isDirty || (await document.save()) || !document.isDirty;
}
