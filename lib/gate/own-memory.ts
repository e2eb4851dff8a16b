import { readFile } from "node:fs/promises";
import { hasCode } from "../storage/error-code.ts";

/**
 * Bytes that this process has for itself, without the files it has mapped, which the system takes back when it needs
 * their place. Where the system does not tell the two apart, with them.
 */
export async function ownMemory(): Promise<number> {
  try {
    const status = await readFile("/proc/self/status", "utf8");
    const kibibytes = /^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1];
    if (kibibytes !== undefined) return Number(kibibytes) * 1_024;
  } catch (error) {
    if (!hasCode(error, "ENOENT", "ENOTDIR")) throw error;
  }
  return process.memoryUsage.rss();
}
