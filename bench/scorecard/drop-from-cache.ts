import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Syncs every file under a folder, then asks the kernel to forget its pages (posix_fadvise DONTNEED, through GNU dd, as
 * Node cannot). Needs no root. Returns how many bytes stayed in the page cache: 0 unless somebody maps the files.
 */
export async function dropFromCache(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  let resident = 0;
  for (const file of files) {
    await run("sync", [file]);
    await run("dd", [`if=${file}`, "iflag=nocache", "count=0", "status=none"]);
    const { stdout } = await run("fincore", ["--bytes", "--noheadings", "--output", "RES", file]);
    resident += Number(stdout);
  }
  return resident;
}
