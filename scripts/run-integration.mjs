// Runs the Mocha suite of dist/test/integration inside a real VS Code: through @vscode/test-electron when VSCODE_PATH
// names one or SUPRA_TEST_ELECTRON=1 allows a download, otherwise in the server of lay-vscode-server.mjs.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'node:util';
import { chromium } from 'playwright-core';
import { chromiumArgs, chromiumPath, startServer, workbenchUrl } from './vscode-server.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
/** The extension under test; another build of it where SUPRA_EXTENSION names one. */
const extension = process.env.SUPRA_EXTENSION ?? root;
const suite = path.join(extension, 'dist', 'test', 'integration', 'index.js');
const workspace = realpathSync(mkdtempSync(path.join(tmpdir(), 'supra-integration-')));
const limitMs = 300_000;

/** The workbench's own talk in the console of the tests. */
const noise =
  /^(Creating a socket|Resolv|\[Service Worker\]|Updating additional|\s*$)|^\s+at .*(extensionHostProcess|workbench|node:internal)|bindings|Require stack|\/build\/|open-vsx|^(- | → )/;

async function inServer() {
  const server = await startServer();
  const browser = await chromium.launch({ executablePath: chromiumPath(), headless: true, args: chromiumArgs });
  try {
    const page = await (await browser.newContext({ viewport: { width: 1400, height: 900 } })).newPage();
    const exit = new Promise(resolve => {
      page.exposeFunction('codeAutomationLog', (_type, args) => {
        // Several lines at once: stacks of modules that this server does without.
        for (const line of format(...args).split('\n')) if (!noise.test(line)) console.log(line);
      });
      page.exposeFunction('codeAutomationExit', code => resolve(code));
      setTimeout(() => resolve('no result in five minutes'), limitMs).unref();
    });
    await page.goto(workbenchUrl(server, { folder: workspace, extension, suite }));
    const code = await exit;
    if (code !== 0) await page.screenshot({ path: path.join(root, 'test-results', 'integration-failure.png') });
    return code;
  } finally {
    await browser.close();
    await server.stop();
  }
}

async function inElectron() {
  const { runTests } = await import('@vscode/test-electron');
  return runTests({
    ...(process.env.VSCODE_PATH === undefined ? {} : { vscodeExecutablePath: process.env.VSCODE_PATH }),
    extensionDevelopmentPath: extension,
    extensionTestsPath: suite,
    launchArgs: [workspace, '--disable-extensions', '--disable-workspace-trust'],
  });
}

const electron = process.env.VSCODE_PATH !== undefined || process.env.SUPRA_TEST_ELECTRON === '1';
try {
  const code = await (electron ? inElectron() : inServer());
  if (code !== 0) console.error(`Integration suite failed: ${code}`);
  process.exitCode = code === 0 ? 0 : 1;
} finally {
  rmSync(workspace, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
