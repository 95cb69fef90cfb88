import * as assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { modelWeights } from '../../src/architecture/model';
import { openSafetensors } from '../../src/exchange/safetensors';
import { commands } from '../../src/extension/commands';
import { chooseCheckpoint, judgedWeightsFile } from '../../src/runs/checkpoints';
import { expectRun } from './runs';
import { seen } from './window-watch';
import { folder, until } from './workspace';

const out = () => path.join(folder().fsPath, 'exported');

/** Exports a run as a user does, from the palette or the view: by the format's label, to a place. */
async function exportAs(label: string, place: string): Promise<void> {
  const [shown, failed] = [seen.shownInfos.length, seen.shownErrors.length];
  seen.answerPick = labels => labels.indexOf(label);
  seen.answerDialog = vscode.Uri.file(place);
  await vscode.commands.executeCommand(commands.exportRun.id, expectRun('short').id);
  assert.deepEqual(seen.shownErrors.slice(failed), []);
  assert.match(seen.shownInfos.slice(shown).join('\n'), /written: step 60 of short, as llama/);
}

async function tensorsOf(file: string): Promise<Map<string, Float32Array>> {
  const opened = await openSafetensors(file);
  const tensors = new Map<string, Float32Array>();
  for (const name of opened.entries.keys()) tensors.set(name, await opened.floats(name));
  await opened.close();
  return tensors;
}

/** Every tensor that the run was judged by, as its checkpoint has it. */
async function trained(): Promise<Map<string, Float32Array>> {
  const checkpoint = chooseCheckpoint(expectRun('short'), 'best');
  if (checkpoint === undefined) throw new Error('Expected a checkpoint of short.');
  return tensorsOf(judgedWeightsFile(checkpoint.path));
}

const parametersIn = (tensors: ReadonlyMap<string, Float32Array>): number =>
  [...tensors.values()].reduce((sum, { length }) => sum + length, 0);

/** Comes after the suite that trains: it needs a run that is done. */
suite('Trained models for elsewhere', () => {
  suiteSetup(() => mkdirSync(out(), { recursive: true }));

  test('a run becomes a Hugging Face folder, whose config is imported again as the same model', async () => {
    const { id, record } = expectRun('short');
    await exportAs('Hugging Face, f32', out());
    const written = path.join(out(), `${id}-hf`);
    const json = (name: string) => JSON.parse(readFileSync(path.join(written, name), 'utf8'));
    assert.equal(json('config.json').model_type, 'llama');
    assert.equal(Object.keys(json('tokenizer.json').model.vocab).length, 257);
    assert.match(readFileSync(path.join(written, 'README.md'), 'utf8'), /# short/);
    const tensors = await tensorsOf(path.join(written, 'model.safetensors'));
    assert.equal(parametersIn(tensors), record.parameters);
    const embedding = [...(await trained())].find(([name]) => name.includes('embedding'))?.[1];
    assert.deepEqual(tensors.get('model.embed_tokens.weight'), embedding);

    await vscode.commands.executeCommand(commands.importConfig.id, vscode.Uri.file(written));
    const text = await until(
      'the model of the folder',
      () => vscode.window.activeTextEditor?.document.getText() ?? '',
      found => found.startsWith('# Imported'),
    );
    for (const line of ['vocab = 257', 'hidden = 16', 'attention gqa { heads = 2 }', 'ffn swiglu { width = 32 }'])
      assert.ok(text.replace(/ +/g, ' ').includes(line), `${line} in:\n${text}`);
  });

  test('a run becomes a GGUF file with every weight in it', async () => {
    const file = path.join(out(), 'short.gguf');
    await exportAs('GGUF, f32', file);
    const bytes = readFileSync(file);
    assert.equal(bytes.toString('latin1', 0, 4), 'GGUF');
    assert.equal(bytes.readUInt32LE(4), 3, 'the version of the format');
    const weights = modelWeights(expectRun('short').record.spec.model).filter(({ tiedTo }) => tiedTo === undefined);
    assert.equal(bytes.readBigUInt64LE(8), BigInt(weights.length), 'tensors');
    assert.ok(bytes.includes('general.architecture'));
    // Norms and the feed-forward layers stand as they are; query and key rows are laid out anew for llama.cpp.
    for (const [name, values] of await trained())
      if (!/query|key/.test(name))
        assert.ok(
          bytes.includes(Buffer.from(values.buffer, values.byteOffset, values.byteLength)),
          `the numbers of ${name}`,
        );
  });

  test('a file that is there is replaced, a folder is not', async () => {
    await exportAs('GGUF, f16', path.join(out(), 'short.gguf'));
    seen.answerPick = labels => labels.indexOf('Hugging Face, f32');
    seen.answerDialog = vscode.Uri.file(out());
    await vscode.commands.executeCommand(commands.exportRun.id, expectRun('short').id);
    assert.match(seen.shownErrors.at(-1) ?? '', /is there already and is not overwritten/);
  });
});
