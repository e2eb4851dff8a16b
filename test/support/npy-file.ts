type ValueType = "f2" | "f4" | "f8";

/** The bytes that `numpy.save` writes for a two-dimensional array. */
export function npyFile(
  rows: readonly (readonly number[])[],
  options: { type?: ValueType; order?: "<" | ">"; fortran?: boolean; shape?: string } = {},
): Buffer {
  const { type = "f4", order = "<", fortran = false } = options;
  const dimension = rows[0]?.length ?? 0;
  const shape = options.shape ?? `${rows.length}, ${dimension}`;
  const header = `{'descr': '${order}${type}', 'fortran_order': ${fortran ? "True" : "False"}, 'shape': (${shape}), }`;
  // NumPy ends the header with a line feed at a multiple of 64 bytes.
  const padded = header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11, " ");
  const head = Buffer.concat([Buffer.from("\x93NUMPY\x01\x00", "latin1"), Buffer.alloc(2)]);
  head.writeUInt16LE(padded.length + 1, 8);
  const values = fortran
    ? Array.from({ length: dimension }, (_, column) => rows.map((row) => row[column] ?? 0)).flat()
    : rows.flat();
  return Buffer.concat([head, Buffer.from(`${padded}\n`), valueBytes(values, type, order)]);
}

function valueBytes(values: readonly number[], type: ValueType, order: "<" | ">"): Buffer {
  const size = Number(type[1]);
  const bytes = Buffer.alloc(values.length * size);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (const [place, value] of values.entries()) {
    if (type === "f8") view.setFloat64(place * 8, value, order === "<");
    else if (type === "f4") view.setFloat32(place * 4, value, order === "<");
    else view.setUint16(place * 2, halfBits(value), order === "<");
  }
  return bytes;
}

/** For the values that half precision holds exactly, which is all that the tests write. */
function halfBits(value: number): number {
  if (value === 0) return 0;
  const sign = value < 0 ? 0x8000 : 0;
  const exponent = Math.floor(Math.log2(Math.abs(value)));
  return sign | ((exponent + 15) << 10) | ((Math.abs(value) / 2 ** exponent - 1) * 1024);
}
