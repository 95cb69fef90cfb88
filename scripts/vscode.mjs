// npm run vscode: opens the extension in a real VS Code, in a browser, on a copy of the examples. Ctrl-C ends it.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const { status } = spawnSync(process.execPath, [path.join(root, 'scripts/setup.mjs')], { stdio: 'inherit' });
if (status !== 0) process.exit(1);
const { startServer, workbenchUrl } = await import('./vscode-server.mjs');

// Kept between calls: models and runs that were made here are still there the next time.
const folder = path.join(root, '.vscode-server', 'examples');
if (!existsSync(folder)) {
  mkdirSync(path.dirname(folder), { recursive: true });
  cpSync(path.join(root, 'examples'), folder, { recursive: true });
}
const dataDir = path.join(root, '.vscode-server', 'data');
const server = await startServer({ dataDir, settings: { 'editor.inlayHints.enabled': 'on' } });
const url = workbenchUrl(server, { folder, extension: root });
console.log(`\nVS Code with Supra: ${url}\nThe folder that is open: ${folder}\nCtrl-C ends it.`);
// A browser, where there is a screen to show it on.
if (process.platform === 'darwin') spawn('open', [url], { stdio: 'ignore' });
else if (process.env.DISPLAY !== undefined || process.env.WAYLAND_DISPLAY !== undefined) {
  spawn('xdg-open', [url], { stdio: 'ignore' }).on('error', () => {});
}
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await server.stop();
    process.exit(0);
  });
}
