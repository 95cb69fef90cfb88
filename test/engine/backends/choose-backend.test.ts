import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { getBackend } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { listBackends, useBackend } from '../../../src/engine/backends/choose-backend';

it('lists every backend with a reason, best first', () => {
  const reports = listBackends();
  expect(reports.map(({ id }) => id)).toEqual(['native', 'tensorflow', 'fallback']);
  for (const { reason, available, details } of reports) {
    expect(reason).toMatch(/\.$|\)$/);
    expect(details.length > 0).toBe(available);
  }
});

it('auto takes the best one that is there, says why, and names what was missing before it', async () => {
  const reports = listBackends();
  const best = reports.find(({ available }) => available);
  const chosen = await useBackend('auto');
  expect(chosen.id).toBe(best?.id);
  expect(chosen.reason).toContain(best?.reason);
  for (const { id, available } of reports.slice(0, reports.indexOf(best ?? chosen.report))) {
    expect(available).toBe(false);
    expect(chosen.reason).toContain(`Not ${id}: `);
  }
});

it('listing changes nothing, choosing does', async () => {
  await useBackend('fallback');
  listBackends();
  expect(getBackend()).toBe('cpu');
});

it('a backend that cannot be used is an error with its reason, never a silent replacement', async () => {
  for (const { id, available, reason } of listBackends()) {
    if (available) continue;
    await expect(useBackend(id)).rejects.toThrow(reason);
  }
  await expect(useBackend('quantum' as never)).rejects.toThrow(
    "Unknown backend 'quantum'; expected native, tensorflow, fallback or auto.",
  );
});

it('without a compiler the build says what is missing and what happens now, and ends well', () => {
  const script = join(__dirname, '../../../native/build.mjs');
  const build = (...args: string[]) =>
    spawnSync(process.execPath, [script, '--force', ...args], { encoding: 'utf8', env: { PATH: '/nowhere' } });
  const result = build();
  expect(result.status).toBe(0);
  expect(result.stdout).toContain('the native engine was not built: there is no C++ compiler');
  expect(result.stdout).toContain('fallback engine is used');
  expect(build('--required').status).toBe(1);
});

it('without the addon the native backend says how to build it', () => {
  const source = join(__dirname, '../../../src/engine/backends/native/addon.ts');
  const script = `
    import { build } from 'esbuild';
    const { outputFiles } = await build({ stdin: { contents: 'export { loadAddon } from ' + JSON.stringify(${JSON.stringify(source)}), resolveDir: '.' }, bundle: true, platform: 'node', format: 'cjs', write: false });
    const module = { exports: {} };
    new Function('module', 'exports', 'require', outputFiles[0].text)(module, module.exports, (await import('node:module')).createRequire(process.cwd() + '/x'));
    console.log(JSON.stringify(module.exports.loadAddon()));
  `;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { ...process.env, SUPRA_NATIVE: '/nowhere/supra_native.node' },
  });
  expect(JSON.parse(stdout).problem).toContain('run `node native/build.mjs`');
});
