import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The folder of this checkout. */
export const repository = path.resolve(__dirname, '../..');

export const readText = (file: string): string => readFileSync(path.join(repository, file), 'utf8');

/** Files below a folder, relative to the repository, with forward slashes. */
export const filesBelow = (folder: string, ending: string): readonly string[] =>
  readdirSync(path.join(repository, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith(ending))
    .map(entry => path.relative(repository, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();

interface Manifest {
  readonly version: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly contributes: {
    readonly commands: readonly {
      readonly command: string;
      readonly title: string;
      readonly category: string;
      readonly icon?: string;
      readonly enablement?: string;
    }[];
    readonly configuration: { readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
    readonly menus: Readonly<Record<string, readonly { readonly command: string; readonly when?: string }[]>>;
  };
}

export const manifest = JSON.parse(readText('package.json')) as Manifest;
