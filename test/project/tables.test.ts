import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CommandRow, commands } from '../../src/extension/commands';
import { settings } from '../../src/extension/settings';
import { problemCodes, problemTable } from '../../src/language/analysis/problems';
import { lensCommands } from '../../src/protocol/server';
import { filesBelow, manifest, readText, repository } from './repository';

const rows: readonly CommandRow[] = Object.values(commands);

describe('one table each', () => {
  test('package.json lists the commands of src/extension/commands.ts', () => {
    const declared = manifest.contributes.commands.map(({ command, title, category, icon, enablement }) => {
      expect(category).toBe('Supra');
      return { id: command, title, icon, enablement };
    });
    const listed = rows.map(({ id, title, icon, enablement }) => ({ id, title, icon, enablement }));
    expect(declared).toEqual(listed);
  });

  test('hidden commands are not in the palette', () => {
    const palette = manifest.contributes.menus.commandPalette ?? [];
    for (const { id, hidden } of rows) {
      if (hidden === true) expect(palette).toContainEqual({ command: id, when: 'false' });
    }
  });

  test('menus and lenses name commands that exist', () => {
    const ids = new Set<string>(rows.map(({ id }) => id));
    const used = Object.values(manifest.contributes.menus).flatMap(menu => menu.map(({ command }) => command));
    for (const id of [...used, ...Object.values(lensCommands)]) expect(ids).toContain(id);
  });

  test('package.json declares the settings of src/extension/settings.ts', () => {
    const { properties } = manifest.contributes.configuration;
    expect(Object.keys(properties).sort()).toEqual(
      Object.values(settings)
        .map(({ key }) => key)
        .sort(),
    );
    for (const setting of Object.values(settings)) {
      const property = properties[setting.key];
      expect(property?.type).toBe(setting.type);
      expect(property?.default).toEqual(setting.default);
      expect(property?.markdownDescription ?? property?.description).toBe(setting.doc);
      if ('choices' in setting) expect(property?.enum).toEqual(setting.choices);
    }
  });

  test('no command id is written outside of its table', () => {
    const wrong = filesBelow('src/extension', '.ts').filter(
      file => file !== 'src/extension/commands.ts' && rows.some(({ id }) => readText(file).includes(`'${id}'`)),
    );
    expect(wrong).toEqual([]);
  });

  test('every problem code has its page', () => {
    for (const code of problemCodes) {
      const [page = '', heading] = problemTable[code].docs.split('#');
      const file = path.join(repository, 'docs', `${page}.md`);
      expect(existsSync(file)).toBe(true);
      if (heading !== undefined) expect(readFileSync(file, 'utf8')).toContain(heading);
    }
  });
});
