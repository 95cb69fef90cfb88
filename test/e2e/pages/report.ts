import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import type { MetricRow, SampleRow } from '../../../src/protocol/run-records';
import { createRun } from '../../../src/runs/create-run';
import { writeExpertLoad } from '../../../src/runs/expert-load-file';
import { openRowAppender } from '../../../src/runs/row-files';
import { runPaths } from '../../../src/runs/run-folder';
import { writeRunRecord } from '../../../src/runs/run-record';
import { depthVersusWidth, expertLoadOf, type FakeRun, recordOf, rowsOf } from './fixtures';
import { expect, inked, resultsFolder } from './panel-stage';

const nasty = '</script><script>document.title = "owned"</script><img src=x onerror="document.title=\'owned\'">';

/** Writes a run folder as a trainer would and gives its id. */
function writeRun(root: string, fake: FakeRun): string {
  const { spec } = recordOf(fake, {});
  const { folder, record } = createRun(root, {
    spec,
    source: `# ${nasty}`,
    file: 'm.supra',
    supraVersion: '0',
    name: fake.name,
  });
  const metrics = openRowAppender<MetricRow>(runPaths(folder).metrics);
  const rows = rowsOf(fake, fake.steps);
  for (const row of rows) metrics.append(row);
  metrics.close();
  const samples = openRowAppender<SampleRow>(runPaths(folder).samples);
  for (let step = 100; step <= fake.steps; step += 100) samples.append({ step, prompt: 'The ', text: nasty });
  samples.close();
  if (fake.mixed) writeExpertLoad(runPaths(folder).experts, expertLoadOf(4, 8, fake.steps));
  writeRunRecord(folder, { ...record, status: 'completed', stepsDone: fake.steps });
  return record.id;
}

/** The HTML files of `supra report` and `supra compare --html`, opened from the disk in both colour schemes. */
export async function report({ browser }: { readonly browser: Browser }): Promise<void> {
  console.log('report');
  const root = mkdtempSync(path.join(tmpdir(), 'supra-report-'));
  try {
    const ids = depthVersusWidth.map(fake =>
      writeRun(root, fake.name === 'middle' ? { ...fake, steps: 20_000, mixed: true } : fake),
    );
    const supra = (...words: string[]) =>
      execFileSync(process.execPath, [path.resolve('dist/cli.js'), ...words], { cwd: root, stdio: 'pipe' });
    supra('report', ids[1] ?? '', '-o', 'one.html');
    supra('compare', ...ids, '--html', 'three.html');
    for (const [file, colorScheme] of [
      ['one', 'light'],
      ['three', 'dark'],
    ] as const) {
      const page = await browser.newPage({ viewport: { width: 1200, height: 900 }, colorScheme });
      const complaints: string[] = [];
      page.on('console', message => complaints.push(message.text()));
      page.on('pageerror', error => complaints.push(String(error)));
      page.on('request', request => {
        if (!/^(file|data|blob):/.test(request.url())) complaints.push(`asked the network for ${request.url()}`);
      });
      await page.goto(pathToFileURL(path.join(root, `${file}.html`)).href);
      await page.waitForSelector('.chart-card canvas');
      await page.waitForFunction(() => document.querySelectorAll('.legend dd').length > 3);
      await page.waitForTimeout(300);
      await checkPage(page, complaints);
      await page.screenshot({ path: path.join(resultsFolder, `report-${file}.png`), fullPage: true });
      await page.close();
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function checkPage(page: Page, complaints: readonly string[]): Promise<void> {
  expect(complaints.length === 0, `nothing in the console and no request (${complaints.join('; ')})`);
  expect((await page.title()) !== 'owned', 'text of a run to stay text');
  expect((await inked(page, '.chart-card canvas >> nth=0')) > 0.01, 'a loss curve that is drawn');
  expect((await inked(page, '.expert-grid canvas >> nth=3')) > 0.2, 'the load of the experts of the run that has some');
  const wide = await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
  expect(wide, 'no sideways scrolling');
}
