import * as vscode from 'vscode';
import { looksLikeConfig } from '../exchange/hugging-face/recognize-config';
import { output } from './output';

/**
 * The part of the paste API that is used here. It came with VS Code 1.97, and Supra runs from 1.91 on, whose types lack it:
 * older windows paste the text as it is.
 */
interface PasteApi {
  readonly languages: {
    registerDocumentPasteEditProvider?(
      selector: vscode.DocumentSelector,
      provider: { provideDocumentPasteEdits: PasteEdits },
      metadata: { readonly providedPasteEditKinds: readonly PasteKind[]; readonly pasteMimeTypes: readonly string[] },
    ): vscode.Disposable;
  };
  readonly DocumentPasteEdit?: new (insertText: string, title: string, kind: PasteKind) => PasteEdit;
  readonly DocumentDropOrPasteEditKind?: { readonly Text: PasteKind };
}
interface PasteKind {
  append(...parts: string[]): PasteKind;
}
interface PasteEdit {
  readonly title: string;
}
type PasteEdits = (
  document: vscode.TextDocument,
  ranges: readonly vscode.Range[],
  data: vscode.DataTransfer,
) => Promise<readonly PasteEdit[] | undefined>;

const textMime = 'text/plain';

/** Offers to paste a config.json into a model file as the model that it describes. */
export function activatePasteConfig(
  context: vscode.ExtensionContext,
  convert: (text: string) => Promise<string>,
): void {
  const { languages, DocumentPasteEdit, DocumentDropOrPasteEditKind } = vscode as unknown as PasteApi;
  if (!languages.registerDocumentPasteEditProvider || !DocumentPasteEdit || !DocumentDropOrPasteEditKind) return;
  const kind = DocumentDropOrPasteEditKind.Text.append('supra', 'model');
  const provider = {
    provideDocumentPasteEdits: async (
      _document: vscode.TextDocument,
      _ranges: readonly vscode.Range[],
      data: vscode.DataTransfer,
    ) => {
      const text = await data.get(textMime)?.asString();
      if (text === undefined || !looksLikeConfig(text)) return undefined;
      try {
        return [new DocumentPasteEdit(await convert(text), 'Paste as Supra model', kind)];
      } catch (error) {
        // Nothing to offer; the text itself can still be pasted.
        output().info(`Not pasted as a model: ${error instanceof Error ? error.message : String(error)}`);
        return undefined;
      }
    },
  };
  context.subscriptions.push(
    languages.registerDocumentPasteEditProvider({ language: 'supra' }, provider, {
      providedPasteEditKinds: [kind],
      pasteMimeTypes: [textMime],
    }),
  );
}
