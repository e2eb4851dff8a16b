import { open } from "node:fs/promises";
import type { CsvLayout } from "./detect-layout.ts";
import { lineFeed } from "./scan-record.ts";
import { scanRows } from "./scan-rows.ts";

/** Writes the good rows alone, each ended by a line feed: no preamble, no header, nothing that a reader trips over. */
export async function writeCleanCopy(options: {
  from: string;
  to: string;
  layout: CsvLayout;
  signal?: AbortSignal | undefined;
}): Promise<void> {
  const file = await open(options.to, "wx");
  try {
    let block = Buffer.allocUnsafe(64 << 10);
    let length = 0;
    await scanRows(
      { path: options.from, layout: options.layout, signal: options.signal },
      {
        row(bytes, start, end) {
          if (length + end - start + 1 > block.length) {
            block = Buffer.concat([block.subarray(0, length)], 2 * (length + end - start + 1));
          }
          bytes.copy(block, length, start, end);
          length += end - start;
          block[length] = lineFeed;
          length += 1;
        },
        async window() {
          await file.writeFile(block.subarray(0, length));
          length = 0;
        },
      },
    );
  } finally {
    await file.close();
  }
}
