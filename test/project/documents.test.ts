import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { filesBelow, manifest, readText, repository } from './repository';

/** Files that may be longer than 400 lines, with the reason. */
const longFiles: Readonly<Record<string, string>> = {
  'test/data/prepare-data.test.ts': 'one long table of damaged caches and odd inputs',
};

describe('documents stay true', () => {
  test('ARCHITECTURE.md gives a reason for every dependency, and for nothing else', () => {
    const section = readText('ARCHITECTURE.md').split('## Dependencies')[1] ?? '';
    const named = [...section.matchAll(/^\|([^|]+)\|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(match => match[1] ?? ''),
    );
    const { dependencies, devDependencies, optionalDependencies } = manifest;
    const used = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });
    // Types of a package need no reason of their own.
    expect([...named].sort()).toEqual(used.filter(name => !name.startsWith('@types/')).sort());
  });

  test('the tests that ARCHITECTURE.md names exist', () => {
    const paths = [...readText('ARCHITECTURE.md').matchAll(/`(test\/[\w./-]+)`/g)].map(match => match[1] ?? '');
    expect(paths.length).toBeGreaterThan(5);
    for (const file of paths) expect([file, existsSync(path.join(repository, file))]).toEqual([file, true]);
  });

  test('README.md names scripts, files and pictures that exist', () => {
    const text = readText('README.md');
    for (const [, name = ''] of text.matchAll(/npm run ([\w:-]+)/g))
      expect(Object.keys(manifest.scripts)).toContain(name);
    for (const [, target = ''] of text.matchAll(/\]\(([^)#]+)\)/g)) {
      if (!target.startsWith('http'))
        expect([target, existsSync(path.join(repository, target))]).toEqual([target, true]);
    }
  });

  test('CHANGELOG.md has an entry for this version', () => {
    expect(readText('CHANGELOG.md')).toContain(`## ${manifest.version}`);
  });

  test('files are short, or say why not', () => {
    const sources = [...filesBelow('src', '.ts'), ...filesBelow('webview', '.ts'), ...filesBelow('test', '.ts')];
    const long = sources.filter(file => readText(file).split('\n').length > 401);
    expect(long).toEqual(Object.keys(longFiles));
  });
});
