import { spawn } from 'node:child_process';
import { join } from 'node:path';

export interface CliResult {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the built command line in a folder, without colours and without a terminal. */
export function runCli(
  dist: string,
  words: readonly string[],
  options: { readonly cwd: string; readonly env?: Record<string, string>; readonly onOut?: (text: string) => void },
): Promise<CliResult> {
  const child = spawn(process.execPath, [join(dist, 'cli.js'), ...words], {
    cwd: options.cwd,
    env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    options.onOut?.(text);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  return new Promise(resolve => child.once('close', code => resolve({ code, out, err })));
}
