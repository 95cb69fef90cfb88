import type { Browser, Frame, Locator, Page } from 'playwright-core';
import type { workbenchUrl as makeUrl, VscodeServer } from '../../scripts/vscode-server.mjs';

/** What a journey has to work with: one server of VS Code and one browser for all of them. */
export interface Stage {
  readonly server: VscodeServer;
  readonly browser: Browser;
  /** Folder of the extension under development; undefined where it is installed. */
  readonly extension: string | undefined;
  readonly workbenchUrl: typeof makeUrl;
}

/** Waiting for the workbench on a machine with two busy cores. */
const patienceMs = 60_000;
const reloadAfterMs = 12_000;

/** Opens the workbench on a folder, in a browser context of its own, and waits until it can be used. */
export async function openWorkbench(stage: Stage, folder: string, size = { width: 1440, height: 900 }): Promise<Page> {
  const context = await stage.browser.newContext({ viewport: size });
  // A webview that shows nothing must not be waited for much longer than a person would.
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  await page.goto(
    stage.workbenchUrl(stage.server, {
      folder,
      ...(stage.extension === undefined ? {} : { extension: stage.extension }),
    }),
  );
  await workbenchReady(page);
  return page;
}

/** Waits for the status bar and the files of the folder. */
export async function workbenchReady(page: Page): Promise<void> {
  await page.waitForSelector('.monaco-workbench .part.statusbar', { timeout: patienceMs });
  await page.waitForSelector('.explorer-folders-view .monaco-list, .pane-body', { timeout: patienceMs });
}

export const quickInput = (page: Page): Locator => page.locator('.quick-input-widget:visible');
export const quickRows = (page: Page): Locator => quickInput(page).locator('.monaco-list-row');

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Runs a command by its title in the palette, for example 'Supra: Train Model'. */
export async function runCommand(page: Page, title: string): Promise<void> {
  const label = page.locator('.label-name', { hasText: new RegExp(`^${escaped(title)}$`) });
  const row = quickRows(page).filter({ has: label }).first();
  // An open palette does not learn of commands that come later, as those of an extension that is still being read.
  for (let attempt = 1; ; attempt++) {
    await page.keyboard.press('F1');
    await quickInput(page).locator('input').first().fill(`>${title}`);
    const there = await row.waitFor({ timeout: 3000 }).then(
      () => true,
      () => false,
    );
    if (there) {
      // A list that is drawn anew under the pointer swallows the click: then the row is still there.
      await row.click({ timeout: 3000 }).catch(() => undefined);
      const taken = await row.waitFor({ state: 'detached', timeout: 3000 }).then(
        () => true,
        () => false,
      );
      if (taken) return;
    }
    if (attempt === 10) throw new Error(`Expected the command '${title}' in the palette.`);
    await page.keyboard.press('Escape');
  }
}

/** Picks the row of a quick pick whose label is this. */
export async function pick(page: Page, label: string): Promise<void> {
  await quickRows(page)
    .filter({ has: page.locator('.label-name', { hasText: new RegExp(`^${escaped(label)}$`) }) })
    .first()
    .click();
}

/** Opens a file through Quick Open and waits for its text. */
export async function openFile(page: Page, name: string): Promise<Locator> {
  await page.keyboard.press('Control+P');
  await quickInput(page).locator('input').first().fill(name);
  await quickRows(page)
    .filter({ has: page.locator('.label-name', { hasText: name }) })
    .first()
    .click();
  const found = editor(page, name);
  await found.waitFor();
  await found.locator('.view-line').first().waitFor();
  return found;
}

export const editor = (page: Page, name: string): Locator =>
  page.locator(`.editor-instance .monaco-editor[data-uri$="/${name}"]`).first();

/** Text without the marks that VS Code puts around injected text. */
const clean = (text: string): string =>
  text
    .replace(/\u00a0/g, ' ')
    .replace(/[\u200b-\u200f\u2060-\u2064\u202a-\u202e]/g, '')
    .trim();

/** Text of the inlay hints, line by line; their class is generated, so they are told by its beginning. */
export async function inlayHints(ed: Locator): Promise<string[]> {
  const texts = await ed
    .locator('.view-line')
    .evaluateAll(lines =>
      lines.map(line => [...line.querySelectorAll('span[class*="dyn-rule"]')].map(span => span.textContent).join('')),
    );
  return texts.map(clean).filter(text => text !== '');
}

export const codeLenses = async (ed: Locator): Promise<string[]> =>
  (await ed.locator('.codelens-decoration a, .codelens-decoration span').allTextContents())
    .map(clean)
    .filter(text => text !== '');

/** Waits until `read` gives something that fits; the last value is in the message when it never does. */
export async function until<Value>(
  what: string,
  read: () => Promise<Value>,
  fits: (value: Value) => boolean,
  timeoutMs = 30_000,
): Promise<Value> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (fits(value)) return value;
    if (Date.now() > end)
      throw new Error(`Expected ${what}; after ${timeoutMs / 1000} s it is ${JSON.stringify(value)}`);
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}

/** Opens a file and trains its model by the command, once the server knows that there is something to train. */
export async function trainModelOf(page: Page, name: string): Promise<void> {
  const ed = await openFile(page, name);
  await until(
    'lenses',
    () => codeLenses(ed),
    found => found.some(lens => lens.includes('Train')),
  );
  await runCommand(page, 'Supra: Train Model');
}

/** The document of a webview, by the title of its panel: workbench > iframe.webview.ready > iframe#active-frame. */
export async function webview(page: Page, title: string | RegExp, timeoutMs = 60_000): Promise<Frame> {
  const fits = (found: string) => (typeof title === 'string' ? found === title : title.test(found));
  const end = Date.now() + timeoutMs;
  const seen = new Set<string>();
  let begun: number | null = null;
  let reloaded = false;
  for (;;) {
    for (const frame of page.frames()) {
      const place = await frame.frameElement().catch(error => void seen.add(String(error)));
      const about = await place
        ?.evaluate(node => {
          const { id, title } = node as HTMLIFrameElement;
          return { id, title };
        })
        .catch(() => null);
      if (about?.id !== 'active-frame') continue;
      seen.add(about.title);
      const shown = await place?.isVisible().catch(() => false);
      if (fits(about.title) && shown === true) return frame;
    }
    // In a browser, the service worker of VS Code's webviews sometimes changes hands without telling: the page then waits
    // for it for ever, before anything of the extension is loaded. That is not what the journeys are about. The time counts
    // from when there is a webview, or one that is just being loaded would be loaded again in the middle of it.
    if ((await page.locator('iframe.webview').count()) > 0) begun ??= Date.now();
    if (!reloaded && begun !== null && Date.now() > begun + reloadAfterMs) {
      reloaded = true;
      console.log('A webview waits for its service worker; webviews are loaded again.');
      await runCommand(page, 'Developer: Reload Webviews');
    }
    if (Date.now() > end) throw new Error(`Expected a webview called ${title}; there are: ${[...seen].join(', ')}`);
    await page.waitForTimeout(100);
  }
}

/**
 * Waits until VS Code has written down that a panel of this type is open. In a browser it does so now and then, and when
 * the window goes, if there is time: reloaded before, it opens what was open earlier.
 */
export async function panelKept(page: Page, viewType: string): Promise<void> {
  const isKept = async (wanted: string): Promise<boolean> => {
    const settled = <Result>(request: IDBRequest<Result>) =>
      new Promise<Result>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    for (const { name = '' } of await indexedDB.databases()) {
      if (!name.startsWith('vscode-web-state-db-')) continue;
      const database = await settled(indexedDB.open(name));
      const items = database.transaction('ItemTable').objectStore('ItemTable');
      const editors: unknown = await settled(items.get('memento/workbench.parts.editor'));
      database.close();
      if (String(editors).includes(wanted)) return true;
    }
    return false;
  };
  await until(
    `${viewType} among the panels that VS Code opens again`,
    () => page.evaluate(isKept, viewType),
    kept => kept,
    100_000,
  );
}

/** Rows of the runs view in the side bar, which is opened. */
export async function runsView(page: Page): Promise<Locator> {
  const rows = page.locator('.sidebar .pane-body .monaco-list-row');
  const item = page.locator('.activitybar .action-item', { has: page.locator('a[aria-label^="Supra"]') }).first();
  if (!(await item.evaluate(element => element.classList.contains('checked')))) await item.click();
  return rows;
}

/** Text of the terminal as it is drawn (rows of the accessibility tree are not there in a canvas terminal). */
export const terminalText = (page: Page): Promise<string> =>
  page
    .locator('.terminal-wrapper .xterm-rows, .terminal-wrapper .xterm-accessibility-tree')
    .allInnerTexts()
    .then(texts => clean(texts.join('\n')));
