import * as v from 'valibot';
import * as vscode from 'vscode';
import { formatCount, formatFlops, formatInteger } from '../base/format';
import { type SummaryParams, summaryMethod, summarySchema } from '../protocol/server';
import { commands } from './commands';
import type { Language } from './language-client';
import { output } from './output';
import { registerCommand, UserError } from './register-command';

/** The parameters of the model at the cursor, in the status bar; a click shows where they are. */
export function activateStatusBar(context: vscode.ExtensionContext, language: Language): void {
  const item = vscode.window.createStatusBarItem('supra.summary', vscode.StatusBarAlignment.Right, 100);
  item.name = 'Supra: Parameters';
  item.command = commands.showCosts.id;
  let asked = 0;

  async function update(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    const mine = ++asked;
    if (editor?.document.languageId !== 'supra') {
      item.hide();
      return;
    }
    const { line, character } = editor.selection.active;
    const params: SummaryParams = { uri: editor.document.uri.toString(), position: { line, character } };
    const answer = v.safeParse(v.optional(summarySchema), await language.request(summaryMethod, params));
    if (mine !== asked) return;
    const summary = answer.success ? answer.output : null;
    if (summary === null || summary === undefined) {
      item.hide();
      return;
    }
    const about = summary.approximate ? '~' : '';
    item.text = `$(symbol-structure) ${about}${formatCount(summary.total)}`;
    item.tooltip = new vscode.MarkdownString(
      [
        `**${summary.model}**`,
        `${about}${formatInteger(summary.total)} parameters`,
        ...(summary.active === summary.total ? [] : [`${formatInteger(summary.active)} active per token`]),
        `${summary.layers} layers, ${formatFlops(summary.forwardFlopsPerToken, '/token')} forward`,
      ].join('\n\n'),
    );
    item.show();
  }
  const refresh = () => void update().catch(error => output().warn(`Status bar: ${error}`));

  // Typing comes in bursts; the last state is what counts.
  let timer: ReturnType<typeof setTimeout> | undefined;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, 50);
  };
  context.subscriptions.push(
    item,
    { dispose: () => clearTimeout(timer) },
    vscode.window.onDidChangeActiveTextEditor(soon),
    vscode.window.onDidChangeTextEditorSelection(soon),
    vscode.workspace.onDidChangeTextDocument(({ document }) => {
      if (document === vscode.window.activeTextEditor?.document) soon();
    }),
    registerCommand('showCosts', showCosts),
  );
  refresh();
}

/** Goes to the `model` line at or above the cursor, else to the first one, and opens its hover, which holds the costs. */
async function showCosts(): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (editor?.document.languageId !== 'supra')
    throw new UserError('Open a model file first: costs are those of a model.');
  const { document, selection } = editor;
  const places: vscode.Position[] = [];
  for (let line = 0; line < document.lineCount; line++) {
    const found = /^\s*model\s+/.exec(document.lineAt(line).text);
    if (found !== null) places.push(new vscode.Position(line, found[0].length));
  }
  const place = places.findLast(({ line }) => line <= selection.active.line) ?? places[0];
  if (place === undefined) throw new UserError('There is no model in this file. Begin one with: model name { }');
  await vscode.window.showTextDocument(document, { selection: new vscode.Range(place, place) });
  await vscode.commands.executeCommand('editor.action.showHover');
}
