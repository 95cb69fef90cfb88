// Starts and stops the VS Code server that scripts/lay-vscode-server.mjs lays, and makes its workbench addresses.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { layVscodeServer } from './lay-vscode-server.mjs';

const quietSettings = {
  'workbench.startupEditor': 'none',
  'telemetry.telemetryLevel': 'off',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'update.mode': 'none',
  'workbench.enableExperiments': false,
  'workbench.tips.enabled': false,
  'editor.minimap.enabled': false,
  'git.enabled': false,
  'chat.commandCenter.enabled': false,
  'chat.disableAIFeatures': true,
  'window.commandCenter': false,
};

/** Starts a server on a free loopback port with a data folder of its own. */
export async function startServer({ settings = {}, extensionsDir, dataDir, port = 0, trust = false, env = {} } = {}) {
  const server = layVscodeServer();
  const temporary = dataDir === undefined;
  const data = dataDir ?? mkdtempSync(path.join(tmpdir(), 'supra-vscode-'));
  for (const scope of ['User', 'Machine']) mkdirSync(path.join(data, 'data', scope), { recursive: true });
  const everything = { ...quietSettings, 'security.workspace.trust.enabled': trust, ...settings };
  writeFileSync(path.join(data, 'data', 'User', 'settings.json'), JSON.stringify(everything, null, 1));
  const args = [
    path.join(server, 'out', 'server-main.js'),
    ...['--host', '127.0.0.1', '--port', String(port), '--without-connection-token', '--accept-server-license-terms'],
    ...['--server-data-dir', data, '--telemetry-level', 'off', '--enable-smoke-test-driver'],
    ...(trust ? [] : ['--disable-workspace-trust']),
    ...(extensionsDir === undefined ? [] : ['--extensions-dir', extensionsDir]),
  ];
  // A terminal inside VS Code sets VSCODE_* variables that would make this server believe it is that one.
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('VSCODE_'));
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...Object.fromEntries(inherited), ...env },
    detached: true,
  });
  let log = '';
  const listening = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`VS Code's server did not start in 60 s.\n${log}`)), 60_000);
    const read = data => {
      log += data;
      const found = /Extension host agent listening on (\d+)/.exec(log);
      if (found !== null) {
        clearTimeout(timer);
        resolve(Number(found[1]));
      }
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', code => {
      clearTimeout(timer);
      reject(new Error(`VS Code's server exited with ${code}.\n${log}`));
    });
  });
  return {
    port: listening,
    dataDir: data,
    authority: `127.0.0.1:${listening}`,
    log: () => log,
    stop: () => stopServer(child, temporary ? data : null),
  };
}

async function stopServer(child, folderToRemove) {
  const exited = new Promise(resolve => child.once('exit', resolve));
  // The server has children of its own; they are one process group.
  const signalGroup = signal => {
    try {
      process.kill(-child.pid, signal);
    } catch {
      // already gone
    }
  };
  if (child.exitCode === null) {
    signalGroup('SIGTERM');
    const timer = setTimeout(() => signalGroup('SIGKILL'), 5000);
    await exited;
    clearTimeout(timer);
  }
  if (folderToRemove !== null) rmSync(folderToRemove, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/** Address of a path of this machine inside the workbench. */
export const remoteUri = (server, file) => `vscode-remote://${server.authority}${file}`;

/** Address of the workbench, opened on a folder, with an extension under development or a test suite. */
export function workbenchUrl(server, { folder, extension, suite } = {}) {
  const query = new URLSearchParams();
  if (folder !== undefined) query.set('folder', folder);
  const payload = [
    ['skipWelcome', 'true'],
    ...(extension === undefined ? [] : [['extensionDevelopmentPath', remoteUri(server, extension)]]),
    ...(suite === undefined
      ? []
      : [
          ['extensionTestsPath', remoteUri(server, suite)],
          ['enableProposedApi', ''],
        ]),
  ];
  query.set('payload', JSON.stringify(payload));
  return `http://${server.authority}/?${query}`;
}

/** Where Chromium is: $CHROMIUM or Debian's package. */
export const chromiumPath = () => process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Chromium's switches: no sandbox (root in a container), and nothing but this machine can be reached. */
export const chromiumArgs = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'],
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost',
];
