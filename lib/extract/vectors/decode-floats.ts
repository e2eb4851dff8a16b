/** The values as 32-bit floats. What does not fit becomes infinite, and is refused where vectors are checked. */
export function decodeFloats(
  bytes: Uint8Array,
  format: { valueBytes: 2 | 4 | 8; bigEndian: boolean },
): Float32Array<ArrayBuffer> {
  const { valueBytes, bigEndian } = format;
  const count = bytes.byteLength / valueBytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(count);
  for (let place = 0; place < count; place += 1) {
    const at = place * valueBytes;
    if (valueBytes === 4) values[place] = view.getFloat32(at, !bigEndian);
    else if (valueBytes === 8) values[place] = view.getFloat64(at, !bigEndian);
    else values[place] = halfFloat(view.getUint16(at, !bigEndian));
  }
  return values;
}

/** IEEE 754 binary16: a sign, five bits of exponent, ten of fraction. */
export function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
