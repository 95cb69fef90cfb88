import { realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { DataError, dataError } from './problems';

/** `name` with forward slashes; throws a problem when it is absolute or climbs out of its folder by spelling. */
export function relativeName(name: string): string {
  const path = name.trim().replaceAll('\\', '/');
  if (isAbsolute(path) || /^[A-Za-z]:/.test(path) || path.split(/[/{},()|]/).includes('..')) {
    throw outside(name, `"${name}" leaves the workspace folder.`);
  }
  return path;
}

/** The real path of `name` in `realRoot`; throws a problem when links lead out of it. */
export async function pathInside(realRoot: string, name: string): Promise<string> {
  const path = await realpath(join(realRoot, name));
  const way = relative(realRoot, path);
  if (way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way)) {
    throw outside(name, `"${name}" leads to ${path}, outside the workspace folder.`);
  }
  return path;
}

function outside(file: string, what: string): DataError {
  return new DataError(
    dataError('source-outside-workspace', {
      file,
      what,
      why: 'A model file from somebody else must not be able to read your other files.',
      todo: 'Copy the data into the workspace folder and name it relative to that.',
    }),
  );
}
