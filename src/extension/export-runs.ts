import * as vscode from 'vscode';
import { type ComparedRun, compareRuns } from '../runs/compare-runs';
import { comparisonCsv, comparisonMarkdown, curvesCsv } from '../runs/export-comparison';
import { workspaceRoot } from './workspace';

const formats = {
  csv: {
    name: 'comparison.csv',
    label: 'CSV',
    extension: 'csv',
    text: (runs: readonly ComparedRun[]) => comparisonCsv(compareRuns(runs)),
  },
  markdown: {
    name: 'comparison.md',
    label: 'Markdown',
    extension: 'md',
    text: (runs: readonly ComparedRun[]) => comparisonMarkdown(compareRuns(runs)),
  },
  points: { name: 'points.csv', label: 'CSV', extension: 'csv', text: curvesCsv },
} as const;

/** Writes runs where the user says, and offers to open what was written. */
export async function exportRuns(format: keyof typeof formats, runs: readonly ComparedRun[]): Promise<void> {
  const { name, label, extension, text } = formats[format];
  await save(name, { [label]: [extension] }, Buffer.from(text(runs), 'utf8'));
}

/** Writes a picture of a chart, which came as base64. */
export const savePicture = (fileName: string, png: string): Promise<void> =>
  save(fileName.replace(/[^\w.-]+/g, '-'), { PNG: ['png'] }, Buffer.from(png, 'base64'));

/** Writes a drawing: SVG as text, PNG as base64. */
export const saveDrawing = (format: 'svg' | 'png', fileName: string, content: string): Promise<void> =>
  save(
    fileName.replace(/[^\w.-]+/g, '-'),
    { [format.toUpperCase()]: [format] },
    Buffer.from(content, format === 'svg' ? 'utf8' : 'base64'),
  );

async function save(name: string, filters: Record<string, string[]>, content: Uint8Array): Promise<void> {
  const root = workspaceRoot();
  const defaultUri = root === undefined ? undefined : vscode.Uri.joinPath(vscode.Uri.file(root), name);
  const uri = await vscode.window.showSaveDialog({ filters, ...(defaultUri === undefined ? {} : { defaultUri }) });
  if (uri === undefined) return;
  await vscode.workspace.fs.writeFile(uri, content);
  const open = 'Open';
  const chosen = await vscode.window.showInformationMessage(`${vscode.workspace.asRelativePath(uri)} written.`, open);
  if (chosen === open) await vscode.commands.executeCommand('vscode.open', uri);
}
