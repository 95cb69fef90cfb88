import { randomBytes } from 'node:crypto';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { panelPage } from '../protocol/panel-page';

/** What a panel may load: its own bundle and nothing else. */
export const webviewOptions = (extensionUri: vscode.Uri): vscode.WebviewOptions & vscode.WebviewPanelOptions => ({
  enableScripts: true,
  localResourceRoots: [vscode.Uri.joinPath(extensionUri, 'dist', 'webview')],
});

/** Puts the page of a panel into its webview. */
export function setPage(webview: vscode.Webview, extensionUri: vscode.Uri, bundle: string, title: string): void {
  const file = (extension: string) =>
    webview
      .asWebviewUri(vscode.Uri.joinPath(extensionUri, 'dist', 'webview', `${path.basename(bundle)}.${extension}`))
      .toString();
  webview.html = panelPage({
    title,
    cspSource: webview.cspSource,
    nonce: randomBytes(16).toString('base64'),
    scriptUri: file('js'),
    styleUri: file('css'),
  });
}
