// Runs a program without a shell and fails loudly: the scripts' one way to call npm, apt, node-gyp and friends.
import { spawnSync } from 'node:child_process';

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, quiet?: boolean, allowFailure?: boolean }} [options]
 * @returns {{ ok: boolean, stdout: string }}
 */
export function runCommand(program, args, { cwd, env, quiet = false, allowFailure = false } = {}) {
  const result = spawnSync(program, args, {
    cwd,
    env: env ?? process.env,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
    // npm is npm.cmd on Windows, which only a shell can start.
    shell: process.platform === 'win32' && program === 'npm',
  });
  const ok = result.status === 0;
  if (!ok && !allowFailure) {
    const why = result.error?.message ?? `exit code ${result.status ?? result.signal}`;
    throw new Error(
      `${program} ${args.join(' ')}: ${why}${quiet ? `\n${result.stdout ?? ''}${result.stderr ?? ''}` : ''}`,
    );
  }
  return { ok, stdout: result.stdout ?? '' };
}
