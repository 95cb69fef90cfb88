import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { characterBorder, lastWordBorder } from './cut-text';
import { DataError, type DataProblem, dataError, dataWarning } from './problems';
import type { ResolvedSource, SourceFile } from './sources';
import { endOfTextToken } from './tokenizers/tokenizer';

/** A part of a document, at most a few MiB, so that no document must fit into memory. */
export interface Piece {
  readonly text: string;
  /** Whether the document ends with this piece. */
  readonly last: boolean;
}

export interface ReadOptions {
  /** The field of a JSON line that holds the text. */
  readonly textField: string;
  readonly signal?: AbortSignal | undefined;
  /** Receives the fraction of the source's bytes that has been read. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
  /** Receives warnings, once per file. */
  readonly onWarning?: ((warning: DataProblem) => void) | undefined;
}

const chunkBytes = 1024 * 1024;
const largestPiece = 4 * 1024 * 1024;
const largestLineBytes = 256 * 1024 * 1024;

/**
 * Streams the documents of a source, always the same way.
 *
 * A text file is one document, or several where `<|endoftext|>` parts them; its byte order mark is dropped and CR LF
 * becomes LF, so that a checkout on Windows gives the same tokens. A JSON line is one document, its text untouched.
 * Documents of nothing but white space are skipped. Bytes that are not UTF-8 become U+FFFD, with a warning.
 */
export async function* readDocuments(source: ResolvedSource, options: ReadOptions): AsyncGenerator<Piece> {
  let bytesRead = 0;
  const progress = (bytes: number) => {
    bytesRead += bytes;
    options.signal?.throwIfAborted();
    options.onProgress?.(source.bytes === 0 ? 1 : Math.min(1, bytesRead / source.bytes));
  };
  for (const file of source.files) {
    yield* file.format === 'text' ? readText(file, options, progress) : readJsonLines(file, options, progress);
  }
}

async function* readText(file: SourceFile, options: ReadOptions, progress: Progress): AsyncGenerator<Piece> {
  let pending = '';
  // Whether a piece of the present document was given already, and whether line breaks are to be skipped before it.
  let begun = false;
  let afterSeparator = false;
  // White space that belongs to the document if there is one.
  let blank = '';

  function* give(text: string, last: boolean): Generator<Piece> {
    const ready = blank + text.replaceAll('\r\n', '\n');
    blank = '';
    if (!begun && ready.trim() === '') {
      if (!last) blank = ready;
      return;
    }
    yield { text: ready, last };
    begun = !last;
  }

  /** Parts `text` at the separators in it; what follows the last one stays open. */
  function* part(text: string): Generator<Piece> {
    let rest = text;
    for (;;) {
      if (afterSeparator && !begun && blank === '') rest = rest.replace(/^[\r\n]+/, '');
      const at = rest.indexOf(endOfTextToken);
      if (at < 0) break;
      yield* give(rest.slice(0, at).replace(/\r?\n$/, ''), true);
      afterSeparator = true;
      rest = rest.slice(at + endOfTextToken.length);
    }
    yield* give(rest, false);
  }

  for await (const text of decodeFile(file, options, progress)) {
    pending += text;
    let cut = lastWordBorder(pending);
    if (cut < 0 && pending.length > largestPiece) cut = borderOfNoWords(pending);
    if (cut <= 0) continue;
    yield* part(pending.slice(0, cut));
    pending = pending.slice(cut);
  }
  yield* part(pending);
  yield* give('', true);
}

/** Where to cut a text without white space: not inside a character, not inside a separator, even a half-read one. */
function borderOfNoWords(text: string): number {
  const cut = characterBorder(text, text.length - endOfTextToken.length);
  const separator = text.indexOf(endOfTextToken, cut - endOfTextToken.length);
  return separator >= 0 && separator < cut ? separator : cut;
}

async function* readJsonLines(file: SourceFile, options: ReadOptions, progress: Progress): AsyncGenerator<Piece> {
  let line = 0;
  for await (const raw of splitLines(file, options, progress)) {
    line++;
    if (raw.trim() === '') continue;
    const text = textOfLine(raw, options.textField, file.name, line);
    if (text.trim() === '') continue;
    let rest = text;
    while (rest.length > largestPiece) {
      const border = lastWordBorder(rest.slice(0, largestPiece));
      const cut = border > 0 ? border : characterBorder(rest, largestPiece);
      yield { text: rest.slice(0, cut), last: false };
      rest = rest.slice(cut);
    }
    yield { text: rest, last: true };
  }
}

function textOfLine(raw: string, textField: string, file: string, line: number): string {
  const refuse = (what: string, why: string, todo: string) =>
    new DataError(dataError('json-line', { file, line, what, why, todo }));
  let parsed: unknown;
  try {
    parsed = JSON.parse(raw);
  } catch (error) {
    const why = error instanceof Error ? `${error.message}.` : '';
    throw refuse('This line is not valid JSON.', why, 'Repair or remove the line; every line must be one JSON object.');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    const found = parsed === null ? 'null' : Array.isArray(parsed) ? 'a list' : `a ${typeof parsed}`;
    throw refuse('This line is not a JSON object.', `It is ${found}.`, `Write {"${textField}": "…"} on every line.`);
  }
  const text = (parsed as Record<string, unknown>)[textField];
  if (typeof text === 'string') return text;
  const texts = Object.entries(parsed).flatMap(([name, value]) => (typeof value === 'string' ? [`"${name}"`] : []));
  throw refuse(
    text === undefined ? `This line has no field "${textField}".` : `The field "${textField}" is not a string.`,
    texts.length === 0 ? 'No field of it holds a string.' : `Fields with a string: ${texts.slice(0, 8).join(', ')}.`,
    'Set text_field to the field that holds the text, or repair the line.',
  );
}

type Progress = (bytes: number) => void;

/** Lines without their line break, found in the bytes so that a huge file needs the memory of one line. */
async function* splitLines(file: SourceFile, options: ReadOptions, progress: Progress): AsyncGenerator<string> {
  let pending: string[] = [];
  let pendingLength = 0;
  for await (const text of decodeFile(file, options, progress)) {
    let from = 0;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', from)) {
      yield pending.join('') + text.slice(from, at);
      pending = [];
      pendingLength = 0;
      from = at + 1;
    }
    pending.push(text.slice(from));
    pendingLength += text.length - from;
    if (pendingLength > largestLineBytes) {
      throw new DataError(
        dataError('json-line', {
          file: file.name,
          what: 'A line is longer than 256 MiB.',
          why: 'A line of JSON must fit into memory.',
          todo: 'Write one document per line, or split the document.',
        }),
      );
    }
  }
  yield pending.join('');
}

/** The file as text, chunk by chunk; no chunk parts a character. */
async function* decodeFile(file: SourceFile, options: ReadOptions, progress: Progress): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  let isStart = true;
  let lines = 1;
  let warned = false;
  const stream = createReadStream(file.path, { highWaterMark: chunkBytes });
  function decode(bytes: Buffer): string {
    let text = bytes.toString('utf8');
    if (isStart && text.startsWith('\ufeff')) text = text.slice(1);
    isStart = false;
    if (!warned && !isUtf8(bytes)) {
      warned = true;
      const before = text.slice(0, text.indexOf('\ufffd'));
      options.onWarning?.(
        dataWarning('encoding', {
          file: file.name,
          line: lines + countLineBreaks(before),
          what: 'This file is not UTF-8.',
          why: 'Bytes that are not UTF-8 were read as the replacement character U+FFFD.',
          todo: `Convert it, for example: iconv -f WINDOWS-1252 -t UTF-8 "${file.name}".`,
        }),
      );
    }
    if (!warned) lines += countLineBreaks(text);
    return text;
  }
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    progress(chunk.length);
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = bytes.length - unfinishedBytes(bytes);
    rest = bytes.subarray(end);
    if (end > 0) yield decode(bytes.subarray(0, end));
  }
  if (rest.length > 0) yield decode(rest);
}

/** How many bytes at the end begin a character whose other bytes have not been read yet. */
function unfinishedBytes(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0;
  }
  return 0;
}

function countLineBreaks(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
