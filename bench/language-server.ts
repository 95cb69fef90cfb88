import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { type InlayHint, SemanticTokensRequest } from 'vscode-languageserver-protocol';
import { lineIndex, positionAt, rangeOf } from '../src/base/text';
import { noFacts } from '../src/language/analysis/checks/check';
import type { Recall } from '../src/language/analysis/recall';
import { analysed } from '../src/language/features/analysed';
import { codeLenses } from '../src/language/features/code-lens';
import { diagnostics } from '../src/language/features/diagnostics';
import { inlayHints } from '../src/language/features/inlay-hints';
import { semanticTokens } from '../src/language/features/semantic-tokens';
import { buildServer, type RunningServer, startServer } from '../test/server/start-server';

/**
 * How long after a keystroke problems and hints are there: inside the server, and seen by an editor over stdio.
 * `node scripts/run-typescript.mjs bench/language-server.ts`
 */
async function main(): Promise<void> {
  const keystrokes = Number(process.argv[2] ?? 200);
  const built = buildServer();
  const starts: number[] = [];
  for (let run = 0; run < 5; run++) {
    const before = performance.now();
    const server = await startServer(built.file);
    starts.push(performance.now() - before);
    await server.end();
  }
  console.log(row('server start to initialized', starts));
  for (const text of [largestOfGallery(), specOf(200), specOf(2500)]) {
    const count = text.split('\n').length;
    for (const all of [false, true]) {
      const what = `${count} lines, in the server: ${all ? 'all hints, colours, lenses' : 'problems and hints'}`;
      const { wall, processor } = inside(text, keystrokes, all);
      console.log(row(what, wall));
      // What the wall time would be if nobody else used the machine.
      console.log(row('  of it processor time', processor));
    }
    const server = await startServer(built.file);
    const wire = await overTheWire(server, text, keystrokes);
    console.log(row(`${count} lines, over stdio: problems`, wire.problems));
    console.log(row(`${count} lines, over stdio: problems and hints`, wire.hints));
    await server.end();
  }
  built.remove();
}

/** The file of the gallery with the most to say. */
function largestOfGallery(): string {
  // From dist/scripts, where programs of this repository are bundled to.
  const folder = join(import.meta.dirname, '../../gallery');
  const texts = readdirSync(folder).map(file => readFileSync(join(folder, file), 'utf8'));
  return texts.reduce((longest, text) => (text.length > longest.length ? text : longest), '');
}

/** A file of many models, each with two kinds of layers and a run. */
function specOf(lines: number): string {
  const parts: string[] = [];
  for (let index = 0; parts.join('\n').split('\n').length < lines; index++) {
    parts.push(`# Model ${index}
model model_${index} {
  vocab   = 8192
  context = 512
  hidden  = ${128 + 64 * (index % 4)}

  layer local {
    norm rms { place = sandwich }
    attention gqa { heads = 4  kv_heads = 2  window = 64  qk_norm = head }
    position rope { theta = 10k }
    ffn swiglu { width = 4 * hidden }
  }
  layer global from local {
    attention { window = none }
  }
  layers = (local * 3, global) * ${1 + (index % 4)}
}

train run_${index} {
  model = model_${index}
  optimizer adamw { lr = 1e-3 }
  tokens = 100M
}
`);
  }
  return parts.join('\n');
}

/** What can be seen around an offset: editors ask for the hints of that, not of the file. */
const screen = (text: string, at: number) => ({ start: Math.max(0, at - 1500), end: Math.min(text.length, at + 1500) });

/** Where the digit stands that is typed over: the `hidden` of a model in the middle of the file. */
function typingPlace(text: string): number {
  const places = [...text.matchAll(/hidden +=\s+/g)].map(({ 0: found, index }) => index + found.length);
  return places.find(place => place > text.length / 2) ?? places.at(-1) ?? 0;
}

function inside(text: string, keystrokes: number, all: boolean): Times {
  const at = typingPlace(text);
  let recall: Recall | undefined;
  return times(keystrokes, stroke => {
    const typed = text.slice(0, at) + (1 + (stroke % 9)) + text.slice(at + 1);
    const file = analysed(typed, {}, noFacts, recall);
    ({ recall } = file);
    diagnostics(file);
    inlayHints(file, all ? { start: 0, end: typed.length } : screen(typed, at));
    if (!all) return;
    semanticTokens(file);
    codeLenses(file);
  });
}

async function overTheWire({ connection }: RunningServer, text: string, keystrokes: number) {
  const uri = 'file:///bench.supra';
  const textDocument = { uri, languageId: 'supra', version: 0, text };
  let arrived: (() => void) | undefined;
  connection.onNotification('textDocument/publishDiagnostics', () => arrived?.());
  const published = () =>
    new Promise<void>(resolve => {
      arrived = resolve;
    });
  const first = published();
  await connection.sendNotification('textDocument/didOpen', { textDocument });
  await first;
  const lines = lineIndex(text);
  const place = positionAt(lines, typingPlace(text));
  const range = { start: place, end: { ...place, character: place.character + 1 } };
  const seen = rangeOf(lines, screen(text, typingPlace(text)));
  const problems: number[] = [];
  const hints: number[] = [];
  for (let stroke = 1; stroke <= keystrokes; stroke++) {
    const before = performance.now();
    const answered = published().then(() => problems.push(performance.now() - before));
    void connection.sendNotification('textDocument/didChange', {
      textDocument: { uri, version: stroke },
      contentChanges: [{ range, text: String(1 + (stroke % 9)) }],
    });
    await connection.sendRequest<InlayHint[]>('textDocument/inlayHint', { textDocument: { uri }, range: seen });
    await answered;
    hints.push(performance.now() - before);
    // What an editor asks for besides, outside of the measured time.
    await connection.sendRequest(SemanticTokensRequest.method, { textDocument: { uri } });
  }
  return { problems, hints };
}

/** Time that passes and time that the processor works, threads of the garbage collector among it. */
interface Times {
  readonly wall: readonly number[];
  readonly processor: readonly number[];
}

function times(count: number, work: (index: number) => void): Times {
  for (let index = 0; index < 20; index++) work(index);
  const wall: number[] = [];
  const processor: number[] = [];
  for (let index = 0; index < count; index++) {
    const usage = process.cpuUsage();
    const before = performance.now();
    work(index);
    wall.push(performance.now() - before);
    const { user, system } = process.cpuUsage(usage);
    processor.push((user + system) / 1000);
  }
  return { wall, processor };
}

function row(what: string, milliseconds: readonly number[]): string {
  const sorted = [...milliseconds].sort((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(1);
  // On a machine that others use, too, the best time is what the work itself takes.
  return `${what.padEnd(60)} best ${at(0).padStart(6)}   p50 ${at(0.5).padStart(6)} ms   p95 ${at(0.95).padStart(6)} ms   (${sorted.length} times)`;
}

void main();
