import { vectorsError } from "./vectors-error.ts";

export interface NpyHeader {
  /** Bytes of one value: 2, 4 or 8. */
  valueBytes: 2 | 4 | 8;
  bigEndian: boolean;
  fortranOrder: boolean;
  rowCount: number;
  dimension: number;
  /** Where the values begin. */
  dataOffset: number;
}

/** Holds every header that NumPy writes for an array of numbers; longer ones describe records. */
export const npyHeadBytes = 64 * 1024;
const magic = "\x93NUMPY";
/** Four times what any model gives; the engine hands on 2,048 vectors at a time, which then are 128 MB. */
export const dimensionMax = 16_384;
const rowsMax = 2 ** 32 - 1;

/**
 * The header of a two-dimensional NPY file of 16-, 32- or 64-bit floats, read as strictly as NumPy writes it. `size` is
 * the file's: it must be exactly what the header promises. Throws `vectors-file`.
 */
export function parseNpyHeader(head: Uint8Array, size: number): NpyHeader {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  if (bytes.toString("latin1", 0, magic.length) !== magic)
    throw broken("it does not begin as an NPY file does");
  const [major, minor] = [bytes[6], bytes[7]];
  if (bytes.length < 12 || minor !== 0 || major === undefined || major < 1 || major > 3) {
    throw broken(`its version ${major}.${minor} is not known`);
  }
  const lengthBytes = major === 1 ? 2 : 4;
  const length = major === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8);
  const dataOffset = 8 + lengthBytes + length;
  if (dataOffset > bytes.length) throw broken("its header is cut off, or longer than 64 KiB");
  const header = parseDictionary(
    bytes.toString(major === 3 ? "utf8" : "latin1", 8 + lengthBytes, dataOffset),
  );
  const expected = dataOffset + header.rowCount * header.dimension * header.valueBytes;
  if (size !== expected) {
    throw broken(
      `its header promises ${expected} bytes and it has ${size}${size < expected ? ", so it was cut off" : ""}`,
    );
  }
  return { ...header, dataOffset };
}

const dictionary =
  /^\{\s*'descr':\s*'([^']*)'\s*,\s*'fortran_order':\s*(True|False)\s*,\s*'shape':\s*\(([^)]*)\)\s*,?\s*\}\s*$/;

function parseDictionary(text: string): Omit<NpyHeader, "dataOffset"> {
  const match = dictionary.exec(text);
  if (match === null) throw broken("its header is not that of an array of numbers");
  const [, descr = "", fortran, shape = ""] = match;
  const type = /^([<>=|])f([248])$/.exec(descr);
  if (type === null || type[1] === "|") {
    throw broken(
      `its values are of type ${JSON.stringify(descr.slice(0, 30))}; float16, float32 and float64 are read`,
    );
  }
  const sizes = shape
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  if (sizes.length !== 2 || sizes.some((part) => !/^\d{1,15}$/.test(part))) {
    throw broken(`its shape is (${shape.slice(0, 60)}); vectors are the rows of a two-dimensional array`);
  }
  const [rowCount = 0, dimension = 0] = sizes.map(Number);
  if (dimension < 1 || dimension > dimensionMax || rowCount > rowsMax) {
    throw broken(`its shape is (${shape.slice(0, 60)}); a vector has 1 to ${dimensionMax} values`);
  }
  return {
    valueBytes: Number(type[2]) as 2 | 4 | 8,
    // NumPy writes `=` for the machine's own order, and every machine that runs this is little-endian.
    bigEndian: type[1] === ">",
    fortranOrder: fortran === "True",
    rowCount,
    dimension,
  };
}

function broken(reason: string) {
  return vectorsError({
    type: "vectors-file",
    message: `The file cannot be read as NPY: ${reason}.`,
    remedy: "numpy.save writes what is read here, for a two-dimensional array of floats.",
  });
}
