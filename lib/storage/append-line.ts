import { crc32 } from "node:zlib";
import type { z } from "zod";
import { DomainError } from "../errors/domain-error.ts";

/** Far above any record of ours; it bounds what a reader must hold while it looks for the end of a line. */
export const lineBytesMax = 1024 * 1024;

/** Eight hexadecimal digits and a space. */
const prefixBytes = 9;

/** The line of one record: CRC-32 of the JSON text, a space, the text, a line feed. */
export function encodeLine<T>(record: T, schema: z.ZodType<T>): Buffer {
  const parsed = schema.safeParse(record);
  if (!parsed.success) throw recordError(`does not fit its schema: ${parsed.error.issues[0]?.message}`);
  const text = JSON.stringify(record);
  const line = Buffer.from(`${checksum(text)} ${text}\n`);
  if (line.length > lineBytesMax) throw recordError(`takes ${line.length} bytes, of ${lineBytesMax} allowed`);
  return line;
}

/** The JSON text of a line without its line feed, or undefined where the line is not as it was written. */
export function lineText(line: Uint8Array): string | undefined {
  const bytes = Buffer.from(line.buffer, line.byteOffset, line.length);
  const isSound = bytes.toString("latin1", 0, prefixBytes) === `${checksum(bytes.subarray(prefixBytes))} `;
  return isSound ? bytes.toString("utf8", prefixBytes) : undefined;
}

/** Of a text, its UTF-8 bytes are meant. */
function checksum(content: Uint8Array | string): string {
  return crc32(content).toString(16).padStart(8, "0");
}

function recordError(problem: string): DomainError {
  return new DomainError({
    kind: "invalid",
    type: "append-log-record",
    message: `The record ${problem}.`,
  });
}
