import { mkdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { panelPage } from '../../../src/protocol/panel-page';

/** A theme as VS Code puts it on a webview: classes of the body, variables on the root (themes.json, read from VS Code). */
interface PageTheme {
  readonly bodyClass: string;
  readonly variables: Readonly<Record<string, string>>;
}
export type ThemeName = 'dark' | 'light' | 'hc';

export const themes = JSON.parse(readFileSync('test/e2e/pages/themes.json', 'utf8')) as Record<ThemeName, PageTheme>;
export const resultsFolder = path.resolve('test-results/pages');
const bundles = process.env.WEBVIEW_DIST ?? 'dist/webview';

/** Serves the document that the host would set, with the bundles that it would name. */
export async function startStage(): Promise<{
  server: Server;
  browser: Browser;
  origin: string;
  stop(): Promise<void>;
}> {
  mkdirSync(resultsFolder, { recursive: true });
  const server = createServer((request, response) => {
    const name = path.basename(new URL(request.url ?? '/', 'http://localhost').pathname);
    const origin = `http://${request.headers.host}`;
    const panel = /^(training|compare|model)(\.js|\.css|)$/.exec(name);
    if (panel?.[1] === undefined) {
      response.writeHead(404).end();
      return;
    }
    if (panel[2] === '') {
      response.writeHead(200, { 'content-type': 'text/html' }).end(
        panelPage({
          title: name,
          cspSource: origin,
          nonce: 'c29tZW5vbmNl',
          scriptUri: `${origin}/${name}.js`,
          styleUri: `${origin}/${name}.css`,
        }),
      );
      return;
    }
    const type = panel[2] === '.js' ? 'text/javascript' : 'text/css';
    response.writeHead(200, { 'content-type': type }).end(readFileSync(path.join(bundles, name)));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost',
    ],
  });
  return {
    server,
    browser,
    origin,
    async stop() {
      await browser.close();
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

/** What the stub of VS Code keeps in the page. */
export interface Stub {
  sent: { version: number; message: { type: string } & Record<string, unknown> }[];
  state: unknown;
  violations: string[];
  longTasks: number[];
  frames: number;
}

export interface StageOptions {
  readonly panel: 'training' | 'compare' | 'model';
  readonly theme?: ThemeName;
  readonly width?: number;
  readonly height?: number;
  readonly state?: unknown;
}

/** Opens a panel in a plain page with a stub of `acquireVsCodeApi`. */
/** The browser of the page tests, and where the panels are served. */
export interface Stage {
  readonly browser: Browser;
  readonly origin: string;
}

/** Takes pictures of a panel, named after it. */
export const shooter = (panel: string) => (page: Page, name: string) =>
  page.screenshot({ path: path.join(resultsFolder, `${panel}-${name}.png`) });

export async function openPanel(stage: Stage, options: StageOptions): Promise<Page> {
  const { panel, theme = 'dark', width = 1280, height = 900, state } = options;
  const context = await stage.browser.newContext({ viewport: { width, height } });
  const page = await context.newPage();
  page.on('pageerror', error => console.error('  page error:', error.message));
  await page.addInitScript(
    ({ initialState, look }) => {
      const stub: Stub = { sent: [], state: initialState, violations: [], longTasks: [], frames: 0 };
      Object.assign(window, {
        stub,
        acquireVsCodeApi: () => ({
          postMessage: (message: Stub['sent'][number]) => stub.sent.push(structuredClone(message)),
          getState: () => stub.state,
          setState: (value: unknown) => {
            stub.state = structuredClone(value);
          },
        }),
      });
      document.addEventListener('securitypolicyviolation', event =>
        stub.violations.push(
          `${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`,
        ),
      );
      new PerformanceObserver(list => stub.longTasks.push(...list.getEntries().map(entry => entry.duration))).observe({
        type: 'longtask',
      });
      const count = () => {
        stub.frames++;
        requestAnimationFrame(count);
      };
      requestAnimationFrame(count);
      const dress = () => {
        if (document.documentElement === null) return;
        if (document.documentElement.style.length === 0)
          for (const [name, value] of Object.entries(look.variables))
            document.documentElement.style.setProperty(name, value);
        if (document.body === null) return;
        document.body.className = look.bodyClass;
        observer.disconnect();
      };
      const observer = new MutationObserver(dress);
      observer.observe(document, { childList: true, subtree: true });
      dress();
    },
    { initialState: state, look: themes[theme] },
  );
  await page.goto(`${stage.origin}/${panel}`);
  await page.waitForFunction(() =>
    (window as unknown as { stub: Stub }).stub.sent.some(({ message }) => message.type === 'ready'),
  );
  return page;
}

export const stubOf = (page: Page): Promise<Stub> => page.evaluate(() => (window as unknown as { stub: Stub }).stub);

/** Puts another theme on the page as VS Code does. */
export async function changeTheme(page: Page, theme: ThemeName): Promise<void> {
  await page.evaluate(look => {
    const { style } = document.documentElement;
    for (const name of [...style]) style.removeProperty(name);
    for (const [name, value] of Object.entries(look.variables)) style.setProperty(name, value);
    document.body.className = look.bodyClass;
  }, themes[theme]);
  await frames(page, 6);
}

/** Sends messages of the host, in envelopes. */
export async function post(page: Page, messages: readonly unknown[]): Promise<void> {
  await page.evaluate(list => {
    for (const message of list) window.postMessage({ version: 1, message }, '*');
  }, messages as object[]);
  await frames(page, 6);
}

export const frames = (page: Page, count: number): Promise<void> =>
  page.evaluate(
    wanted =>
      new Promise<void>(resolve => {
        const next = (left: number) => (left === 0 ? resolve() : requestAnimationFrame(() => next(left - 1)));
        next(wanted);
      }),
    count,
  );

/** Share of the pixels of a canvas that something is drawn on. */
export const inked = (page: Page, selector: string): Promise<number> =>
  page.locator(selector).evaluate(found => {
    const canvas = found as HTMLCanvasElement;
    const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
    let drawn = 0;
    for (let index = 3; index < data.length; index += 4) if ((data[index] ?? 0) > 0) drawn++;
    return drawn / Math.max(1, canvas.width * canvas.height);
  });

/** Plain arrays, because the messages travel to the page as JSON here. */
export const plain = <Columns extends Readonly<Record<string, ArrayLike<number>>>>(
  columns: Columns,
  from = 0,
  to?: number,
) => Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, Array.from(values).slice(from, to)]));

export function expect(condition: boolean, what: string): void {
  if (!condition) throw new Error(`Expected ${what}.`);
  console.log(`  ok  ${what}`);
}
