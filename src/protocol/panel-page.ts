/** What the host knows about a panel that it opens. */
export interface PanelPage {
  readonly title: string;
  /** `webview.cspSource`. */
  readonly cspSource: string;
  /** Fresh random text for each page. */
  readonly nonce: string;
  /** `asWebviewUri` of dist/webview/<panel>.js and .css. */
  readonly scriptUri: string;
  readonly styleUri: string;
}

/**
 * The whole document of a panel. Everything visible is made by its script; styles come from its file, from constructed
 * style sheets (the toolkit) and from the style object, so nothing inline is allowed: no 'unsafe-inline', no eval, no
 * network, no images, no fonts. The nonce is also in a `csp-nonce` element and allowed for styles, because the toolkit
 * tries `:focus-visible` in an empty style element and falls back to rings on every click where it may not.
 */
export function panelPage({ title, cspSource, nonce, scriptUri, styleUri }: PanelPage): string {
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${cspSource} 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="UTF-8">
    <meta http-equiv="Content-Security-Policy" content="${escapeAttribute(policy)}">
    <meta property="csp-nonce" content="${escapeAttribute(nonce)}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${escapeAttribute(title)}</title>
    <link rel="stylesheet" href="${escapeAttribute(styleUri)}">
  </head>
  <body>
    <div id="app"></div>
    <script nonce="${escapeAttribute(nonce)}" src="${escapeAttribute(scriptUri)}"></script>
  </body>
</html>`;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeAttribute = (text: string): string => text.replace(/[&<>"]/g, character => entities[character] ?? '');
