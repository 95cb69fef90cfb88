/** 16-bit floating point numbers, as bit patterns in a Uint16Array. */

/** Widens bfloat16: the upper half of a float32. */
export function bfloat16ToFloat32(bits: Uint16Array): Float32Array {
  const wide = new Uint32Array(bits.length);
  for (let index = 0; index < bits.length; index++) wide[index] = (bits[index] ?? 0) << 16;
  return new Float32Array(wide.buffer);
}

/** Rounds to the nearest bfloat16, ties to even; NaN stays NaN. */
export function float32ToBfloat16(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const bits = new Uint16Array(values.length);
  for (let index = 0; index < bits.length; index++) {
    const word = words[index] ?? 0;
    const upper = word >>> 16;
    const notANumber = (word & 0x7fffffff) > 0x7f800000;
    bits[index] = notANumber ? upper | 0x40 : (word + 0x7fff + (upper & 1)) >>> 16;
  }
  return bits;
}

/** Widens IEEE half precision: 1 sign, 5 exponent and 10 fraction bits. */
export function float16ToFloat32(bits: Uint16Array): Float32Array {
  return Float32Array.from(bits, word => {
    const sign = word & 0x8000 ? -1 : 1;
    const exponent = (word >> 10) & 0x1f;
    const fraction = word & 0x3ff;
    if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}

/** Rounds to the nearest IEEE half, ties to even; too large becomes infinite, NaN stays NaN. */
export function float32ToFloat16(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const bits = new Uint16Array(values.length);
  for (let index = 0; index < bits.length; index++) {
    const word = words[index] ?? 0;
    const sign = (word >>> 16) & 0x8000;
    const magnitude = word & 0x7fffffff;
    if (magnitude > 0x7f800000) bits[index] = sign | 0x7e00;
    // 65520 and above round to infinity.
    else if (magnitude >= 0x477ff000) bits[index] = sign | 0x7c00;
    // Below 2^-14 a half counts in steps of 2^-24.
    else if (magnitude < 0x38800000) bits[index] = sign | roundHalfEven(Math.abs(values[index] ?? 0) * 2 ** 24);
    else bits[index] = sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  }
  return bits;
}

function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return below + (rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? 1 : 0);
}
