import { builtinModules } from 'node:module';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { filesBelow, readText, repository } from './repository';

/** Who may import whom, by the table of ARCHITECTURE.md. `type:` marks a room of which types alone may be used. */
const allowed: Readonly<Record<string, readonly string[]>> = readTable();

function readTable(): Readonly<Record<string, readonly string[]>> {
  const rows = [...readText('ARCHITECTURE.md').matchAll(/^\| `(?:src\/)?([a-z]+)` \|.*\| ([^|]+) \|$/gm)].map(
    ([, room = '', rule = '']) => [room, rule] as const,
  );
  const rooms = rows.map(([room]) => room);
  const listed = (text: string): readonly string[] =>
    text
      .replaceAll(/ \([^)]*\)/g, '')
      .split(/, | and /)
      .map(word => {
        const room = word.replace(/^types of /, '');
        if (!rooms.includes(room)) throw new Error(`Expected a room in the table of ARCHITECTURE.md, got '${room}'.`);
        return room === word ? room : `type:${room}`;
      });
  const read = (rule: string): readonly string[] => {
    if (rule === 'nothing') return [];
    const everything = /^everything(?: but (.+))?$/.exec(rule);
    if (everything === null) return listed(rule);
    const barred = everything[1] === undefined ? [] : listed(everything[1]);
    return rooms.filter(room => !barred.includes(room));
  };
  return Object.fromEntries(rows.map(([room, rule]) => [room, read(rule)]));
}

/** Packages with one owner. */
const owners: readonly (readonly [pattern: RegExp, rooms: readonly string[]])[] = [
  [/^vscode$/, ['extension']],
  [/^vscode-languageclient/, ['extension']],
  [/^vscode-languageserver/, ['server']],
  [/^@tensorflow\//, ['engine']],
  [/^@vscode\/webview-ui-toolkit/, ['webview']],
  [/^chart\.js/, ['webview']],
  [/^commander$/, ['cli']],
];

/** Rooms that run in a browser, too. */
const withoutNode = ['base', 'architecture', 'language', 'protocol', 'webview'];

interface Import {
  readonly file: string;
  readonly target: string;
  readonly typeOnly: boolean;
}

const sources = [...filesBelow('src', '.ts'), ...filesBelow('webview', '.ts')];
const imports: readonly Import[] = sources.flatMap(file => {
  const statements = readText(file).matchAll(
    /(?:^|\n)\s*(?:import|export)\s+(type\s+)?([^;'"]*?\s+from\s+)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/g,
  );
  return [...statements].map(([, type, names, fixed, dynamic]) => ({
    file,
    target: fixed ?? dynamic ?? '',
    typeOnly: type !== undefined || isTypesOnly(names),
  }));
});

/** `import { type A, type B } from …` leaves nothing behind either. */
function isTypesOnly(names: string | undefined): boolean {
  const listed = names === undefined ? undefined : /^\{([^}]*)\}/.exec(names.trim())?.[1];
  const parts = listed
    ?.split(',')
    .map(part => part.trim())
    .filter(part => part !== '');
  return parts !== undefined && parts.length > 0 && parts.every(part => part.startsWith('type '));
}

const roomOf = (file: string): string => {
  const [top = '', second = ''] = file.split('/');
  return top === 'webview' ? 'webview' : second;
};
const targetRoom = ({ file, target }: Import): string | undefined =>
  target.startsWith('.')
    ? roomOf(path.relative(repository, path.resolve(repository, path.dirname(file), target)).replaceAll('\\', '/'))
    : undefined;

describe('layering', () => {
  test('there are imports to look at', () => {
    expect(imports.length).toBeGreaterThan(500);
    expect(allowed.base).toEqual([]);
    expect(allowed.extension).not.toContain('engine');
  });

  test('every room imports only what the table allows', () => {
    const wrong = imports.filter(each => {
      const from = roomOf(each.file);
      const to = targetRoom(each);
      if (to === undefined || to === from) return false;
      const rules = allowed[from] ?? [];
      return !(rules.includes(to) || (each.typeOnly && rules.includes(`type:${to}`)));
    });
    expect(wrong).toEqual([]);
  });

  test('the extension knows of training only how a trainer is started and talked to', () => {
    const used = imports
      .filter(each => roomOf(each.file) === 'extension' && targetRoom(each) === 'training')
      .map(({ target }) => target);
    expect([...new Set(used)]).toEqual(['../training/client']);
  });

  test('every room is in the table', () => {
    for (const file of sources) expect(Object.keys(allowed)).toContain(roomOf(file));
  });

  test('packages with one owner are imported by it alone', () => {
    const wrong = imports.filter(({ file, target }) =>
      owners.some(([pattern, rooms]) => pattern.test(target) && !rooms.includes(roomOf(file))),
    );
    expect(wrong).toEqual([]);
  });

  test('rooms that run in a browser use nothing of Node', () => {
    const wrong = imports.filter(
      ({ file, target }) =>
        withoutNode.includes(roomOf(file)) && (target.startsWith('node:') || builtinModules.includes(target)),
    );
    expect(wrong).toEqual([]);
  });

  test('the controls of the panels come in through one file', () => {
    const files = new Set(
      imports.filter(({ target }) => target.startsWith('@vscode/webview-ui-toolkit')).map(({ file }) => file),
    );
    expect([...files]).toEqual(['webview/shared/controls.ts']);
  });
});
