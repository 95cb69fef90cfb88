import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Report, reportDataId } from '../protocol/report';
import { bundlePath } from './package-info';

/**
 * A report as one HTML file: script, style and data inside, nothing loaded from anywhere. Its policy allows the one script by
 * its hash and no network, so that text of a run can do nothing even if it were taken for markup.
 */
export function reportHtml(report: Report): string {
  const script = inScript(
    readFileSync(bundlePath('webview/report.js'), 'utf8').replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'),
  );
  const style = readFileSync(bundlePath('webview/report.css'), 'utf8')
    .replace(/\n\/\*# sourceMappingURL=.*\*\/\s*$/, '\n')
    .replaceAll('</', '<\\/');
  const hash = createHash('sha256').update(script).digest('base64');
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${hash}'`,
    "style-src 'unsafe-inline'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(report.title)}</title>
<style>${style}</style>
</head>
<body>
<script type="application/json" id="${reportDataId}">${inJson(report)}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** JSON that cannot end the element it stands in. */
const inJson = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

/** A script that cannot end its element: the two sequences that could stand in strings and comments only. */
const inScript = (code: string): string => code.replace(/<\/(script)/gi, '<\\/$1').replaceAll('<!--', '<\\!--');

const escapeText = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
