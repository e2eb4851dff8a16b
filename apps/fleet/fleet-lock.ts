import { readFile, writeFile } from "node:fs/promises";
import { dataLayout } from "@lakefleet/config/layout.ts";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";
import { withFileLock } from "@lakefleet/lib/storage/file-lock.ts";
import { z } from "zod";

const Holder = z.object({ pid: z.int(), url: z.string(), since: z.iso.datetime() });
type Holder = z.infer<typeof Holder>;

/**
 * Runs the task as the only fleet on the data folder; `announce` leaves a note of where it answers. Rejects with
 * `conflict`, `fleet-running`, and that note, where another one runs there.
 */
export async function withFleetLock<T>(
  dataFolder: string,
  task: (announce: (url: string) => Promise<void>) => Promise<T>,
): Promise<T> {
  const layout = dataLayout(dataFolder);
  const announce = async (url: string) => {
    const holder: Holder = { pid: process.pid, url, since: new Date().toISOString() };
    await writeFile(layout.holder, `${JSON.stringify(holder)}\n`);
  };
  try {
    return await withFileLock({ folder: layout.locks, name: "fleet", waitMaxMs: 0 }, () => task(announce));
  } catch (error) {
    if (!(error instanceof DomainError) || error.type !== "lock-held") throw error;
    throw new DomainError({
      kind: "conflict",
      type: "fleet-running",
      message: `Another fleet runs on ${dataFolder}${await describeHolder(layout.holder)}.`,
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
