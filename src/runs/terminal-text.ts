/** Text for terminals: widths, cutting, colours. Nothing here knows a terminal; strings in, strings out. */

/** The colours used, as SGR numbers of the 16 colours that every theme defines. */
const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 } as const;
export type Style = keyof typeof codes;

/** Colours a text where colours are on. */
export type Paint = (style: Style, text: string) => string;

export const painter = (colors: boolean): Paint =>
  colors ? (style, text) => `\x1b[${codes[style]}m${text}\x1b[0m` : (_, text) => text;

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what this finds.
const sequences = /\x1b\[[0-9;]*m/g;

/** Columns that a text takes, colours not counted. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text.replace(sequences, '')) width += characterWidth(character);
  return width;
}

/** Cuts a text to a width; colours are kept and closed. */
export function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let result = '';
  let used = 0;
  let colored = false;
  for (let index = 0; index < text.length; ) {
    sequences.lastIndex = index;
    const sequence = text.charAt(index) === '\x1b' ? sequences.exec(text) : null;
    if (sequence !== null && sequence.index === index) {
      result += sequence[0];
      colored = sequence[0] !== '\x1b[0m';
      index += sequence[0].length;
      continue;
    }
    const character = String.fromCodePoint(text.codePointAt(index) ?? 32);
    if (used + characterWidth(character) > width - 1) break;
    result += character;
    used += characterWidth(character);
    index += character.length;
  }
  return `${result}…${colored ? '\x1b[0m' : ''}`;
}

/** Breaks a text into lines of at most `width` columns, at spaces where it can. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const word of paragraph.split(/(?<= )/)) {
      if (widthOf(line) + widthOf(word.trimEnd()) > width && line !== '') {
        lines.push(line.trimEnd());
        line = '';
      }
      line += word;
      while (widthOf(line.trimEnd()) > width) {
        let head = '';
        for (const character of line) {
          if (widthOf(head) + characterWidth(character) > width) break;
          head += character;
        }
        lines.push(head);
        line = line.slice(head.length);
      }
    }
    lines.push(line.trimEnd());
  }
  return lines;
}

/**
 * Takes out of a text what could move the cursor or change the terminal: a model may write anything, escape sequences
 * and text direction marks included. Line breaks stay, tabs become spaces.
 */
export const harmless = (text: string): string =>
  text
    .replace(/\r\n?/g, '\n')
    .replace(/\t/g, '  ')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this removes.
    .replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '\u00b7');

/** Columns of a character: 0 for marks that stand on the one before, 2 for East Asian wide ones and emoji. */
function characterWidth(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (/\p{Mn}|\p{Me}|\p{Cf}/u.test(character)) return 0;
  const wide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf && code !== 0x303f) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd);
  return wide ? 2 : 1;
}
