import * as vscode from 'vscode';

let channel: vscode.LogOutputChannel | undefined;

/** The log of the extension: details of what a message said in one sentence. */
export function output(): vscode.LogOutputChannel {
  channel ??= vscode.window.createOutputChannel('Supra', { log: true });
  return channel;
}
