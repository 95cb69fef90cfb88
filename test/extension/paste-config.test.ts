import { expect, it, vi } from 'vitest';
import { activatePasteConfig } from '../../src/extension/paste-config';

type Provide = (
  document: unknown,
  ranges: unknown,
  data: unknown,
) => Promise<readonly { insertText: string }[] | undefined>;

/** As much of VS Code as a paste needs. */
const editor = vi.hoisted(() => ({ provide: undefined as Provide | undefined, logged: [] as string[] }));
vi.mock('vscode', () => ({
  languages: {
    registerDocumentPasteEditProvider(_selector: unknown, provider: { provideDocumentPasteEdits: Provide }) {
      editor.provide = provider.provideDocumentPasteEdits;
      return { dispose() {} };
    },
  },
  DocumentPasteEdit: class {
    constructor(
      readonly insertText: string,
      readonly title: string,
      readonly kind: string,
    ) {}
  },
  DocumentDropOrPasteEditKind: { Text: { append: (...parts: string[]) => `text.${parts.join('.')}` } },
  window: { createOutputChannel: () => ({ info: (line: string) => editor.logged.push(line) }) },
}));

const paste = (text: string) =>
  editor.provide?.(null, [], {
    get: (mime: string) => (mime === 'text/plain' ? { asString: async () => text } : undefined),
  });

it('offers to paste a config.json as a model, and nothing else', async () => {
  const subscriptions: unknown[] = [];
  activatePasteConfig({ subscriptions } as never, async text => {
    if (text.includes('rwkv')) throw new Error('not known here');
    return `model of ${text.length} characters`;
  });
  expect(subscriptions).toHaveLength(1);
  expect(await paste('{"model_type": "llama"}')).toEqual([
    { insertText: 'model of 23 characters', title: 'Paste as Supra model', kind: 'text.supra.model' },
  ]);
  expect(await paste('{"colour": "blue"}')).toBeUndefined();
  expect(await paste('# "model_type"')).toBeUndefined();
  expect(await paste('{"model_type": ')).toBeUndefined();
  expect(await paste('{"model_type": "rwkv"}')).toBeUndefined();
  expect(editor.logged).toEqual(['Not pasted as a model: not known here']);
});
