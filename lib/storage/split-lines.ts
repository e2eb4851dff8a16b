import type { FileHandle } from "node:fs/promises";
import { lineBytesMax, lineText } from "./append-line.ts";

export interface LineDamage {
  byte: number;
  problem: string;
}

export type SegmentLine =
  | { kind: "line"; byte: number; text: string }
  | { kind: "torn"; byte: number; lostBytes: number }
  | ({ kind: "damage" } & LineDamage);

const blockBytes = 256 * 1024;
const lineFeed = 0x0a;

/**
 * The lines of a segment, ending with `torn` or `damage` where there is one.
 *
 * A write that a crash cut short leaves the beginning of a line, or blocks of zeros that the disk never got. So a last
 * line without its line feed, or a stretch with zero bytes up to the end, is torn; a wrong line that is whole, or that
 * sound lines follow, is damage.
 */
export async function* splitLines(handle: FileHandle): AsyncGenerator<SegmentLine> {
  const block = Buffer.alloc(blockBytes);
  let rest = Buffer.alloc(0);
  let byte = 0;
  let hole: number | undefined;
  for (;;) {
    const { bytesRead } = await handle.read(block, 0, blockBytes, null);
    if (bytesRead === 0) break;
    rest = Buffer.concat([rest, block.subarray(0, bytesRead)]);
    let start = 0;
    for (let end = rest.indexOf(lineFeed); end >= 0; end = rest.indexOf(lineFeed, start)) {
      const line = rest.subarray(start, end);
      const text = lineText(line);
      if (text !== undefined && hole === undefined) yield { kind: "line", byte: byte + start, text };
      else if (text !== undefined) return yield damageAt(hole ?? byte, "is a stretch of zeros");
      else if (line.includes(0)) hole ??= byte + start;
      else return yield damageAt(hole ?? byte + start, "does not match its checksum");
      start = end + 1;
    }
    byte += start;
    rest = rest.subarray(start);
    if (rest.length > lineBytesMax) {
      if (!rest.includes(0)) return yield damageAt(byte, "has no end");
      hole ??= byte;
      byte += rest.length - 1;
      rest = rest.subarray(rest.length - 1);
    }
  }
  const torn = hole ?? byte;
  const lostBytes = byte + rest.length - torn;
  if (lostBytes > 0) yield { kind: "torn", byte: torn, lostBytes };
}

function damageAt(byte: number, problem: string): SegmentLine {
  return { kind: "damage", byte, problem };
}
