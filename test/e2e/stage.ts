import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, type Page } from 'playwright-core';
import {
  chromiumArgs,
  chromiumPath,
  type ServerOptions,
  startServer,
  workbenchUrl,
} from '../../scripts/vscode-server.mjs';
import type { Stage } from './driver';

export const repository = path.resolve(__dirname, '../..');
/** The extension under test; another build of it where SUPRA_EXTENSION names one. */
export const extensionFolder = process.env.SUPRA_EXTENSION ?? repository;

/** Starts a server and a browser. `installed`: the extension comes from `extensionsDir` instead of this checkout. */
export async function startStage({
  installed = false,
  ...options
}: ServerOptions & { readonly installed?: boolean } = {}): Promise<Stage & { stop(): Promise<void> }> {
  // The DOM renderer: a terminal drawn on a canvas cannot be read.
  const settings = { 'terminal.integrated.gpuAcceleration': 'off', ...options.settings };
  const server = await startServer({ ...options, settings });
  const browser = await chromium.launch({ executablePath: chromiumPath(), headless: true, args: chromiumArgs });
  return {
    server,
    browser,
    extension: installed ? undefined : extensionFolder,
    workbenchUrl,
    async stop() {
      await browser.close();
      await server.stop();
    },
  };
}

export const themes = {
  light: 'Default Light Modern',
  dark: 'Default Dark Modern',
  'high-contrast': 'Default High Contrast',
} as const;

/** Changes the colour theme by the settings of the folder, and waits until the workbench wears it. */
export async function changeTheme(folder: string, page: Page, theme: keyof typeof themes): Promise<void> {
  mkdirSync(path.join(folder, '.vscode'), { recursive: true });
  const settings = { 'workbench.colorTheme': themes[theme] };
  writeFileSync(path.join(folder, '.vscode', 'settings.json'), JSON.stringify(settings));
  const worn = { light: '.vs', dark: '.vs-dark', 'high-contrast': '.hc-black' }[theme];
  await page.waitForSelector(`.monaco-workbench${worn}`);
  await page.waitForTimeout(400);
}

/** A folder to open, with these files; removed at the end. */
export function makeFolder(files: Readonly<Record<string, string>>, name = 'models') {
  const parent = realpathSync(mkdtempSync(path.join(tmpdir(), 'supra-journey-')));
  const folder = path.join(parent, name);
  mkdirSync(folder);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  }
  return { folder, remove: () => rmSync(parent, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }) };
}

/** Pictures for a person to look at; those of the README only where SUPRA_SCREENSHOTS=1 asks for them. */
export async function shoot(page: Page, name: string, options: { readonly readme?: boolean } = {}): Promise<void> {
  const folder = path.join(repository, 'test-results');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name}.png`) });
  if (options.readme === true && process.env.SUPRA_SCREENSHOTS === '1') {
    const kept = path.join(repository, 'media', 'screenshots');
    mkdirSync(kept, { recursive: true });
    await page.screenshot({ path: path.join(kept, `${name}.png`) });
  }
}

/** A picture of what was there when a journey failed. */
export async function shootFailure(
  page: Page | undefined,
  task: { readonly name: string; readonly result?: { readonly state?: string } | undefined },
): Promise<void> {
  if (task.result?.state === 'fail' && page !== undefined)
    await shoot(page, `failed-${task.name.replace(/[^\w]+/g, '-')}`);
}
