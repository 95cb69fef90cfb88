import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { analysed } from '../../src/language/features/analysed';
import { analysisCache } from '../../src/server/documents';
import { readGallery } from '../../src/server/gallery';
import { guardWith } from '../../src/server/guard';
import { packageRoot } from '../../src/server/package-root';
import { fileBytes, findPath } from '../../src/server/paths';

const root = packageRoot(import.meta.dirname) ?? '';

describe('guard', () => {
  it('answers with nothing and logs when a handler fails', () => {
    const logged: string[] = [];
    const guarded = guardWith(message => logged.push(message))(
      'Hover',
      (fails: boolean) => {
        if (fails) throw new Error('broken');
        return 'answer';
      },
      'nothing',
    );
    expect(guarded(false)).toBe('answer');
    expect(logged).toEqual([]);
    expect(guarded(true)).toBe('nothing');
    expect(logged[0]).toMatch(/^Hover failed: Error: broken/);
  });
});

describe('analysis cache', () => {
  it('analyses each version once', () => {
    let count = 0;
    const cache = analysisCache(document => {
      count++;
      return analysed(document.getText());
    });
    const first = TextDocument.create('file:///a', 'supra', 1, 'model a {\n}\n');
    expect(cache.get(first)).toBe(cache.get(first));
    expect(count).toBe(1);
    cache.get(TextDocument.create('file:///a', 'supra', 2, 'model b {\n}\n'));
    expect(count).toBe(2);
    cache.forget('file:///a');
    cache.get(first);
    cache.clear();
    cache.get(first);
    expect(count).toBe(4);
  });
});

describe('gallery', () => {
  it('finds every model by its name, and its file', () => {
    const gallery = readGallery(root);
    expect(gallery.names).toContain('gemma_3_1b');
    const document = gallery.find('gemma_3_1b');
    expect(document && gallery.uriOf(document)).toBe(pathToFileURL(join(root, 'gallery/gemma-3-1b.supra')).href);
    expect(gallery.find('nonsense')).toBeUndefined();
  });

  it('is empty where there is none', () => {
    expect(readGallery(null).names).toEqual([]);
    expect(readGallery('/nowhere').names).toEqual([]);
  });
});

describe('paths', () => {
  const file = pathToFileURL(join(root, 'gallery/any.supra')).href;

  it('are looked for beside the file, then in the workspace', () => {
    expect(findPath('gemma-3-1b.supra', file, [])).toBe(join(root, 'gallery/gemma-3-1b.supra'));
    expect(findPath('package.json', file, [])).toBeUndefined();
    expect(findPath('package.json', file, [pathToFileURL(root).href])).toBe(join(root, 'package.json'));
    expect(findPath('package.json', 'untitled:Untitled-1', [])).toBeUndefined();
  });

  it('have a size only when they are files', () => {
    expect(fileBytes(join(root, 'package.json'))).toBeGreaterThan(100);
    expect(fileBytes(root)).toBeNull();
    expect(fileBytes(join(root, 'nothing'))).toBeNull();
  });
});
