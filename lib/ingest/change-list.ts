import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { DomainError } from "../errors/domain-error.ts";
import { syncFolder, writeNewFile } from "../storage/durable-file.ts";
import { hasCode } from "../storage/error-code.ts";

/** Paths below a folder. */
const ChangeList = z.strictObject({ changed: z.array(z.string()), removed: z.array(z.string()) });
export type ChangeList = z.infer<typeof ChangeList>;

/** Writes the list as the upload of a request; it and its names are on disk when the promise resolves. */
export async function writeChanges(folder: string, changes: ChangeList): Promise<string> {
  const file = path.join(folder, "changes.json");
  await mkdir(folder, { recursive: true });
  await writeNewFile(file, Buffer.from(JSON.stringify(ChangeList.parse(changes))));
  await syncFolder(folder);
  await syncFolder(path.dirname(folder));
  return file;
}

export async function readChanges(file: string): Promise<ChangeList> {
  try {
    return ChangeList.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (cause) {
    if (!hasCode(cause, "ENOENT")) throw cause;
    throw new DomainError({
      kind: "not-found",
      type: "source-missing",
      message: "The list of changed files is no longer there.",
      remedy: "Touch the files, and they are taken again.",
      cause,
    });
  }
}
