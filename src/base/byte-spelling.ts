/**
 * How a byte is written in a byte-level vocabulary: printable Latin-1 bytes as themselves, the other 68 as the
 * characters from U+0100 on, in byte order. Index = byte.
 */
export const byteSpelling: readonly string[] = spellBytes();

/** The inverse of `byteSpelling`. */
export const spelledByte: ReadonlyMap<string, number> = new Map(byteSpelling.map((spelling, byte) => [spelling, byte]));

function spellBytes(): string[] {
  const printable = (byte: number) => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
  let moved = 0;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : 0x100 + moved++));
}
