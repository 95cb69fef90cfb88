import { float32ToBfloat16, float32ToFloat16 } from '../half-floats';

/** How numbers of a tensor lie in a GGUF file: our words, those of `llama-quantize`. */
export const ggufTypes = ['f32', 'f16', 'bf16', 'q8_0'] as const;
export type GgufType = (typeof ggufTypes)[number];

/** `ggml_type` of a tensor, and `general.file_type` of a file whose matrices have it. */
export const typeNumbers: Readonly<Record<GgufType, { readonly tensor: number; readonly file: number }>> = {
  f32: { tensor: 0, file: 0 },
  f16: { tensor: 1, file: 1 },
  bf16: { tensor: 30, file: 32 },
  q8_0: { tensor: 8, file: 7 },
};

/** Numbers that one block of q8_0 holds: a half-precision scale, then a signed byte each. */
const blockNumbers = 32;
const blockBytes = 2 + blockNumbers;

/** Rows of q8_0 are whole blocks; a matrix of another width falls back to half precision, as in `llama-quantize`. */
export const fittingType = (type: GgufType, columns: number): GgufType =>
  type === 'q8_0' && columns % blockNumbers !== 0 ? 'f16' : type;

/** Bytes of this many numbers. */
export function bytesOfType(type: GgufType, numbers: number): number {
  if (type === 'q8_0') return (numbers / blockNumbers) * blockBytes;
  return numbers * (type === 'f32' ? 4 : 2);
}

/** The numbers as the file holds them. */
export function encodeNumbers(type: GgufType, values: Float32Array): Uint8Array {
  if (type === 'q8_0') return quantize(values);
  const words = type === 'f32' ? values : type === 'f16' ? float32ToFloat16(values) : float32ToBfloat16(values);
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

/** Each block of 32 divided by a 127th of its largest magnitude and rounded. */
function quantize(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(bytesOfType('q8_0', values.length));
  const blocks = values.length / blockNumbers;
  const steps = new Float32Array(blocks);
  for (let block = 0; block < blocks; block++) {
    let largest = 0;
    for (let index = 0; index < blockNumbers; index++)
      largest = Math.max(largest, Math.abs(values[block * blockNumbers + index] ?? 0));
    steps[block] = largest / 127;
  }
  const scales = float32ToFloat16(steps);
  for (let block = 0; block < blocks; block++) {
    const [scale = 0, step = 0] = [scales[block], steps[block]];
    const start = block * blockBytes;
    bytes[start] = scale & 0xff;
    bytes[start + 1] = scale >> 8;
    for (let index = 0; index < blockNumbers; index++) {
      const value = values[block * blockNumbers + index] ?? 0;
      bytes[start + 2 + index] = step === 0 ? 0 : Math.round(value / step);
    }
  }
  return bytes;
}
