import { checksumBytes } from "../storage/checksum.ts";

/** Hash of a chunk's text and nothing else, so that equal texts of any index share one vector. */
export function contentHash(content: string): string {
  return checksumBytes(content);
}
