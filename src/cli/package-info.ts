import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { packageRoot } from '../server/package-root';
import { CliError } from './cli-error';

/** The folder of this package. */
export function supraRoot(): string {
  const root = packageRoot(__dirname);
  if (root === null) throw new CliError(`${__dirname} is not inside the supra package. Install Supra again.`);
  return root;
}

const packageSchema = v.object({ version: v.string() });

/** The version of this package. */
export function supraVersion(): string {
  return v.parse(packageSchema, JSON.parse(readFileSync(join(supraRoot(), 'package.json'), 'utf8'))).version;
}

/** A bundle of this package. Throws a CliError when it was not built. */
export function bundlePath(name: string): string {
  const path = join(supraRoot(), 'dist', name);
  if (!existsSync(path)) throw new CliError(`${path} is missing. Build it with: npm run build`);
  return path;
}
