import * as v from 'valibot';
import * as vscode from 'vscode';
import { open, seal } from '../protocol/envelope';
import {
  type FromModelPanel,
  fromModelPanelSchema,
  type ModelReference,
  modelPanelStateSchema,
  modelPanelVersion,
  type ToModelPanel,
} from '../protocol/model-panel';
import { messageOf } from '../runs/run-error';
import { type Drawn, drawnModels } from './drawn-models';
import { saveDrawing } from './export-runs';
import type { ModelFiles } from './model-files';
import { findModelFile } from './model-text';
import { newestOnly } from './newest-only';
import { output } from './output';
import { pickModel } from './pick-model';
import { registerCommand } from './register-command';
import type { RunHub } from './run-hub';
import { setPage, webviewOptions } from './webview-page';
import { moveThrough, numberAt, type WrittenPlace } from './written-places';

const viewType = 'supra.model';
const title = 'Architecture';
/** Typing comes in bursts; the last state is what counts. */
const pauseMs = 40;

interface Shown {
  readonly model: ModelReference | null;
  readonly other: ModelReference | null;
}
const nothingDrawn: Drawn = {
  message: null,
  reason: 'Open a .supra file to see its model.',
  mistake: '',
  choices: [],
  places: [],
};
const nothing: Shown = { model: null, other: null };

/** The drawn architecture: one panel, which follows the editor as a preview does. */
export function activateModelPanel(context: vscode.ExtensionContext, hub: RunHub, files: ModelFiles): void {
  let opened: { readonly panel: vscode.WebviewPanel; show(reference: ModelReference): void } | undefined;

  function attach(panel: vscode.WebviewPanel, shown: Shown): void {
    const mine = { panel, show: connectPanel(context, hub, files, panel, shown) };
    opened = mine;
    panel.onDidDispose(() => {
      if (opened === mine) opened = undefined;
    });
  }

  context.subscriptions.push(
    registerCommand('showArchitecture', async (uri, named) => {
      const editor = vscode.window.activeTextEditor;
      const isActive = uri === undefined && editor?.document.languageId === 'supra';
      const file = isActive ? editor.document.uri : await findModelFile(files, uri);
      if (file === undefined) return;
      const model = typeof named === 'string' ? named : modelAtCursor(context, file);
      const reference = { uri: file.toString(), model };
      if (opened !== undefined) {
        opened.panel.reveal(undefined, true);
        opened.show(reference);
        return;
      }
      const column = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
      const options = webviewOptions(context.extensionUri);
      attach(vscode.window.createWebviewPanel(viewType, title, column, options), { model: reference, other: null });
    }),
    vscode.window.registerWebviewPanelSerializer(viewType, {
      async deserializeWebviewPanel(panel, state: unknown) {
        const kept = v.safeParse(modelPanelStateSchema, state);
        panel.webview.options = webviewOptions(context.extensionUri);
        attach(panel, kept.success ? { model: kept.output.model, other: kept.output.other } : nothing);
      },
    }),
  );
}

/** The model that the cursor of a visible editor is in; empty for the first one. */
function modelAtCursor(context: vscode.ExtensionContext, uri: vscode.Uri): string {
  const editor = vscode.window.visibleTextEditors.find(({ document }) => document.uri.toString() === uri.toString());
  if (editor === undefined) return '';
  return modelAt(drawnModels(context.extensionPath), editor) ?? '';
}

function modelAt(models: ReturnType<typeof drawnModels>, { document, selection }: vscode.TextEditor) {
  const offset = document.offsetAt(selection.active);
  const { file } = models.analysisOf(document);
  return file.models.find(({ block }) => block.start <= offset && offset <= block.end)?.name;
}

/** Connects a panel to the documents; returns how to show another model in it. */
function connectPanel(
  context: vscode.ExtensionContext,
  hub: RunHub,
  files: ModelFiles,
  panel: vscode.WebviewPanel,
  initial: Shown,
): (reference: ModelReference) => void {
  const models = drawnModels(context.extensionPath);
  let shown = initial;
  /** The last drawing of each model: what stays while its size is not known for a moment. */
  const lastDrawn = new Map<string, Drawn>();
  let listening = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const send = (message: ToModelPanel) => void panel.webview.postMessage(seal(modelPanelVersion, message));

  /** Where the parts of the drawings on show are written. */
  let places: readonly WrittenPlace[] = [];

  async function drawn(reference: ModelReference): Promise<Drawn> {
    const result = await models.draw(reference);
    if (result.message !== null) {
      // By the model that was drawn: a file may have been asked for without naming one.
      lastDrawn.set(keyOf(result.message.reference), result);
      return result;
    }
    const before = lastDrawn.get(keyOf(reference));
    if (!before?.message || !result.choices.includes(reference.model)) return result;
    // Its places have moved with the edits since then.
    const reason = `The drawing of ${reference.model} is of an earlier text. ${result.mistake || result.reason}`;
    return { ...before, message: { ...before.message, approximate: true }, reason, choices: result.choices };
  }

  const showNewest = newestOnly<{ readonly first: Drawn; readonly second: Drawn | null }>(({ first, second }) => {
    const { message: model, choices } = first;
    places = [...first.places, ...(second?.places ?? [])];
    if (model !== null) shown = { ...shown, model: model.reference };
    panel.title = model === null ? title : `${title}: ${model.reference.model}`;
    const reason = first.reason || (second?.reason ?? '');
    send({ type: 'show', model, other: second?.message ?? null, reason, choices: [...choices] });
    sendCursor(vscode.window.activeTextEditor);
  });
  async function draw(): Promise<void> {
    if (!listening) return;
    const { model, other } = shown;
    await showNewest(async () => {
      if (model === null) return { first: nothingDrawn, second: null };
      return { first: await drawn(model), second: other && (await drawn(other)) };
    });
  }
  const fail = (error: unknown) => {
    output().error(`Architecture: ${messageOf(error)}`);
    send({ type: 'notice', severity: 'error', text: messageOf(error) });
  };
  const drawNow = () => void draw().catch(fail);
  const drawSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(drawNow, pauseMs);
  };
  const set = (next: Shown) => {
    shown = next;
    drawNow();
  };

  function sendCursor(editor: vscode.TextEditor | undefined): void {
    if (!listening || editor?.document.languageId !== 'supra') return;
    const offset = editor.document.offsetAt(editor.selection.active);
    send({ type: 'cursor', place: numberAt(places, editor.document.uri.toString(), offset) });
  }
  /** As a preview does, the panel goes with the editor; a comparison stays. */
  function follow(editor: vscode.TextEditor | undefined): void {
    if (editor?.document.languageId !== 'supra') return;
    const uri = editor.document.uri.toString();
    const model = modelAt(models, editor);
    const isOther = uri !== shown.model?.uri || (model !== undefined && model !== shown.model.model);
    if (shown.other === null && isOther) set({ model: { uri, model: model ?? '' }, other: null });
    else sendCursor(editor);
  }

  async function onMessage(message: FromModelPanel): Promise<void> {
    switch (message.type) {
      case 'ready':
        listening = true;
        if (shown.model === null) shown = { model: message.model, other: message.other };
        await draw();
        return;
      case 'choose':
        if (shown.model !== null) set({ ...shown, model: { ...shown.model, model: message.model } });
        return;
      case 'compare': {
        if (shown.model === null) return;
        if (message.action === 'end') set({ ...shown, other: null });
        else if (message.action === 'swap') set({ model: shown.other ?? shown.model, other: shown.model });
        else {
          const other = await pickModel(shown.model, models, files, hub);
          if (other !== undefined) set({ ...shown, other });
        }
        return;
      }
      case 'reveal':
        await reveal(places.find(({ number }) => number === message.place));
        return;
      case 'savePicture':
        await saveDrawing(message.format, message.fileName, message.content);
        return;
      case 'problem':
        output().warn(`Architecture: ${message.text}`);
    }
  }

  const isShown = (uri: string) => uri === shown.model?.uri || uri === shown.other?.uri;
  const subscriptions = [
    vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      const uri = document.uri.toString();
      const kept = [...lastDrawn.values()].flatMap(each => each.places);
      moveThrough(new Set([...places, ...kept]), uri, contentChanges);
      if (isShown(uri)) drawSoon();
    }),
    vscode.window.onDidChangeActiveTextEditor(follow),
    vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => follow(textEditor)),
    panel.webview.onDidReceiveMessage((received: unknown) => {
      const { value, problems } = open(fromModelPanelSchema, modelPanelVersion, received);
      if (value === null) output().warn(`The architecture sent something unknown: ${problems.join(' ')}`);
      else onMessage(value).catch(fail);
    }),
  ];
  panel.onDidDispose(() => {
    clearTimeout(timer);
    for (const each of subscriptions) each.dispose();
  });
  panel.iconPath = vscode.Uri.joinPath(context.extensionUri, 'media', 'run.svg');
  setPage(panel.webview, context.extensionUri, 'model', title);
  return reference => set({ model: reference, other: null });
}

const keyOf = ({ uri, model }: ModelReference): string => JSON.stringify([uri, model]);

/** Puts the cursor where a part is written, in the editor that shows the file already if one does. */
async function reveal(place: WrittenPlace | undefined): Promise<void> {
  if (place === undefined) return;
  const visible = vscode.window.visibleTextEditors.find(({ document }) => document.uri.toString() === place.uri);
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(place.uri, true));
  const start = document.positionAt(place.start);
  await vscode.window.showTextDocument(document, {
    viewColumn: visible?.viewColumn ?? vscode.ViewColumn.One,
    selection: new vscode.Range(start, start),
  });
}
