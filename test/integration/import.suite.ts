import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { commands } from '../../src/extension/commands';
import { until, writeFile } from './workspace';

const config = JSON.stringify({
  model_type: 'qwen3',
  vocab_size: 512,
  hidden_size: 64,
  intermediate_size: 128,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 16,
  tie_word_embeddings: true,
});

const activeText = () => vscode.window.activeTextEditor?.document.getText() ?? '';

suite('Models from elsewhere', () => {
  test('a config.json becomes a new model file', async () => {
    const uri = await writeFile('config.json', config);
    await vscode.commands.executeCommand(commands.importConfig.id, uri);
    const text = await until('a model', activeText, found => found.includes('layers = block * 2'));
    assert.match(text, /attention gqa \{ heads = 4 {2}kv_heads = 2 {2}qk_norm = head \}/);
    const { languageId, isUntitled } = vscode.window.activeTextEditor?.document ?? {};
    assert.deepEqual([languageId, isUntitled], ['supra', true]);
  });

  test('an architecture of the gallery opens as a new file', async () => {
    const picking = vscode.commands.executeCommand(commands.openArchitecture.id);
    // The list fills while it is open; the first entry is taken as soon as it is there.
    await until(
      'an architecture',
      async () => {
        await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
        return activeText();
      },
      found =>
        found.includes('model ') &&
        vscode.window.activeTextEditor?.document.isUntitled === true &&
        !found.startsWith('# Imported'),
    );
    await picking;
  });
});
