import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { commands } from '../../src/extension/commands';
import { shallowWide as wide } from '../support/model-file';
import { behind, folder, openFile, until } from './workspace';

const extensionId = 'supra-labs.supra';

const hintsOf = (document: vscode.TextDocument) =>
  vscode.commands.executeCommand<vscode.InlayHint[]>(
    'vscode.executeInlayHintProvider',
    document.uri,
    new vscode.Range(0, 0, document.lineCount, 0),
  );
const labelOf = ({ label }: vscode.InlayHint): string =>
  typeof label === 'string' ? label : label.map(part => part.value).join('');
const problemsOf = (document: vscode.TextDocument) => vscode.languages.getDiagnostics(document.uri);
const codeOf = ({ code }: vscode.Diagnostic): unknown => (typeof code === 'object' ? code.value : code);

suite('Editing model.supra', () => {
  let document: vscode.TextDocument;

  suiteSetup(async () => {
    document = await openFile('model.supra', wide);
    await until('an active extension', () => vscode.extensions.getExtension(extensionId)?.isActive, Boolean);
  });

  test('the language is known and every command is registered', async () => {
    assert.equal(document.languageId, 'supra');
    const known = new Set(await vscode.commands.getCommands(true));
    for (const { id } of Object.values(commands)) assert.ok(known.has(id), id);
  });

  test('lenses show the exact count, and Train where there is something to train', async () => {
    const trainable = await openFile('lens.supra', `${wide}\ntrain { steps = 100 }\n`);
    const lenses = await until(
      'lenses',
      () => vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', trainable.uri, 50),
      found => found.length > 1,
    );
    const titles = lenses.map(({ command }) => command?.title ?? '');
    assert.ok(
      titles.some(title => title.includes('5.24 M')),
      titles.join(' | '),
    );
    const train = lenses.find(({ command }) => command?.command === commands.trainModel.id);
    assert.deepEqual(train?.command?.arguments, [trainable.uri.toString(), '']);
  });

  test('hints show parameters of blocks and layers of the pattern', async () => {
    const hints = await until(
      'hints',
      () => hintsOf(document),
      found => found.length > 2,
    );
    const labels = hints.map(labelOf).join(' | ');
    assert.match(labels, /3 layers/);
    assert.match(labels, /786 k/);
  });

  test('hover says how many parameters a block has', async () => {
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      behind(document, 'ffn swi'),
    );
    const said = hovers.flatMap(hover => hover.contents.map(part => (part as vscode.MarkdownString).value)).join('\n');
    assert.match(said, /SwiGLU/);
    assert.match(said, /786,432/);
  });

  test('completion offers the settings that a block still lacks', async () => {
    const half = await openFile('half.supra', wide.replace('heads = 8 }', 'heads = 8  }'));
    const list = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      half.uri,
      behind(half, 'heads = 8 '),
    );
    const labels = list.items.map(({ label }) => (typeof label === 'string' ? label : label.label));
    assert.ok(labels.includes('window') && labels.includes('kv_heads'), labels.join(', '));
    assert.ok(!labels.includes('heads'));
  });

  test('a doubt has a code with a page, and its fix removes it', async () => {
    const doubtful = await openFile('window.supra', wide.replace('heads = 8', 'heads = 8  window = 512'));
    const [found] = await until(
      'a problem',
      () => problemsOf(doubtful),
      problems => problems.length > 0,
    );
    assert.ok(found !== undefined);
    assert.equal(codeOf(found), 'window-without-effect');
    assert.equal(found.severity, vscode.DiagnosticSeverity.Warning);
    const page = (found.code as { target: vscode.Uri }).target;
    assert.match(page.path, /docs\/checks\/window-without-effect\.md$/);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      'vscode.executeCodeActionProvider',
      doubtful.uri,
      found.range,
    );
    const fix = actions.find(({ title }) => title.includes('none'));
    assert.ok(fix?.edit !== undefined, actions.map(({ title }) => title).join(', '));
    await vscode.workspace.applyEdit(fix.edit);
    await until(
      'no problem',
      () => problemsOf(doubtful),
      problems => problems.length === 0,
    );
    assert.match(doubtful.getText(), /window = none/);
  });

  test('a model that a format cannot hold is marked as information where that is written, once it is trained', async () => {
    const text = wide.replace('heads = 8', 'heads = 8  window = 128');
    const windowed = await openFile('windowed.supra', `${text}\ntrain { steps = 2000 }\n`);
    const problems = await until(
      'a problem',
      () => problemsOf(windowed),
      found => found.some(problem => codeOf(problem) === 'not-exportable'),
    );
    const found = problems.find(problem => codeOf(problem) === 'not-exportable');
    assert.ok(found !== undefined);
    assert.equal(found.severity, vscode.DiagnosticSeverity.Information);
    assert.equal(windowed.getText(found.range), 'window = 128');
    assert.match(found.message, /^GGUF cannot hold this model\./);
  });

  test('a wrong word is an error that knows the right one', async () => {
    const wrong = await openFile('wrong.supra', wide.replace('hidden  =', 'hiden  ='));
    const problems = await until(
      'an error',
      () => problemsOf(wrong),
      found => found.length > 0,
    );
    assert.ok(problems.some(({ message }) => message.includes('Did you mean `hidden`?')));
  });

  test('a layer is renamed where it is defined and where it is used', async () => {
    const edit = await vscode.commands.executeCommand<vscode.WorkspaceEdit>(
      'vscode.executeDocumentRenameProvider',
      document.uri,
      behind(document, 'layer blo'),
      'wide_block',
    );
    assert.equal(edit.get(document.uri).length, 2);
  });

  test('formatting brings a block into its form', async () => {
    const ugly = await openFile('ugly.supra', wide.replace('    norm rms', '  norm   rms'));
    const edits = await vscode.commands.executeCommand<vscode.TextEdit[]>(
      'vscode.executeFormatDocumentProvider',
      ugly.uri,
      {
        tabSize: 2,
        insertSpaces: true,
      },
    );
    const edit = new vscode.WorkspaceEdit();
    edit.set(ugly.uri, edits);
    await vscode.workspace.applyEdit(edit);
    assert.equal(ugly.getText(), wide);
  });

  test('the severity of a problem follows the settings', async () => {
    const configuration = vscode.workspace.getConfiguration('supra', folder());
    const doubtful = await openFile('severity.supra', wide.replace('heads = 8', 'heads = 8  window = 512'));
    await until(
      'a problem',
      () => problemsOf(doubtful),
      found => found.length === 1,
    );
    await configuration.update(
      'problemSeverity',
      { 'window-without-effect': 'off' },
      vscode.ConfigurationTarget.Workspace,
    );
    try {
      await until(
        'silence',
        () => problemsOf(doubtful),
        found => found.length === 0,
      );
    } finally {
      await configuration.update('problemSeverity', undefined, vscode.ConfigurationTarget.Workspace);
    }
  });

  test('half a file keeps the rest of its meaning', async () => {
    const half = await openFile('cut.supra', wide.slice(0, wide.indexOf('ffn')));
    await until(
      'problems',
      () => problemsOf(half),
      found => found.length > 0,
    );
    const symbols = await vscode.commands.executeCommand<vscode.DocumentSymbol[]>(
      'vscode.executeDocumentSymbolProvider',
      half.uri,
    );
    assert.equal(symbols[0]?.name, 'shallow_wide');
  });
});
