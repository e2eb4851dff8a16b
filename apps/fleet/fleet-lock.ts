import { readFile, writeFile } from "node:fs/promises";
import { dataLayout } from "@lakefleet/config/layout.ts";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { withFileLock } from "@lakefleet/lib/storage/file-lock.ts";
import { z } from "zod";

const Holder = z.object({ pid: z.int(), url: z.string(), since: z.iso.datetime() });
type Holder = z.infer<typeof Holder>;

/**
 * Runs the task as the only fleet on the data folder. Rejects with `conflict`, `fleet-running`, and who it is, where
 * another one runs there.
 */
export async function withFleetLock<T>(
  options: { dataFolder: string; url: string },
  task: () => Promise<T>,
): Promise<T> {
  const layout = dataLayout(options.dataFolder);
  try {
    return await withFileLock({ folder: layout.locks, name: "fleet", waitMaxMs: 0 }, async () => {
      const holder: Holder = { pid: process.pid, url: options.url, since: new Date().toISOString() };
      await writeFile(layout.holder, `${JSON.stringify(holder)}\n`);
      return await task();
    });
  } catch (error) {
    if (!(error instanceof DomainError) || error.type !== "lock-held") throw error;
    throw new DomainError({
      kind: "conflict",
      type: "fleet-running",
      message: `Another fleet runs on ${options.dataFolder}${await describeHolder(layout.holder)}.`,
      remedy: "Stop it, or set LAKEFLEET_DATA to another folder.",
      cause: error,
    });
  }
}

/** The note is for people only: where it cannot be read, the answer is the same without it. */
async function describeHolder(file: string): Promise<string> {
  try {
    const holder = Holder.parse(JSON.parse(await readFile(file, "utf8")));
    return `: process ${holder.pid}, ${holder.url}, since ${holder.since}`;
  } catch {
    return "";
  }
}
