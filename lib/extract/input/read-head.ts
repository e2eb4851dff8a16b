import { open } from "node:fs/promises";

/** The file's first bytes, fewer where it is shorter. */
export async function readHead(path: string, byteCountMax: number): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const head = Buffer.alloc(byteCountMax);
    let length = 0;
    while (length < byteCountMax) {
      const { bytesRead } = await file.read(head, length, byteCountMax - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return head.subarray(0, length);
  } finally {
    await file.close();
  }
}
