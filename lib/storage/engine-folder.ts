import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { setTemporaryFolder } from "@lakefleet/config/schema.ts";
import { hasCode } from "./error-code.ts";
import { stagingName } from "./key.ts";
import type { LocalStore } from "./local-store.ts";

export interface EngineFolder {
  readonly path: string;
  /** Runs what uses engines. Once nothing runs any more, what they left behind is removed. */
  during<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** By bucket: a process has one folder, however many kinds of jobs it takes. */
const opened = new Map<string, EngineFolder>();

/**
 * Gives the engines of this process a temporary folder of its own on the bucket's disk, instead of the system's: Lance
 * leaves there a copy of all vectors for each index that it builds, and removes none when it is closed. Sets `TMPDIR`,
 * so it is called before any engine is used. The folder goes with the process; a killed one's is collected as other
 * staging. On a full disk the system's folder is used until there is room.
 */
export function openEngineFolder(store: LocalStore): EngineFolder {
  const engines =
    opened.get(store.root) ??
    createEngineFolder(path.join(store.root, stagingName, `${randomUUID()}.engines`));
  opened.set(store.root, engines);
  return engines;
}

function createEngineFolder(folder: string): EngineFolder {
  let running = 0;
  keep(folder);
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return {
    path: folder,
    async during(work) {
      running += 1;
      try {
        keep(folder);
        return await work();
      } finally {
        running -= 1;
        // Listed in the same turn, so that nothing is removed of what begins meanwhile.
        const left = running === 0 ? leftBehind(folder) : [];
        for (const entry of left) await rm(entry, { recursive: true, force: true });
      }
    },
  };
}

/** Young again with each work: after a day it would be taken for a killed process's. */
function keep(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    const now = new Date();
    utimesSync(folder, now, now);
    setTemporaryFolder(folder);
  } catch (error) {
    if (!hasCode(error, "ENOSPC", "EDQUOT")) throw error;
  }
}

/** Lance holds an empty folder for each open connection. What has content is of a work that has ended. */
function leftBehind(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    const left = entries.filter(
      (entry) => !entry.isDirectory() || readdirSync(path.join(folder, entry.name)).length > 0,
    );
    return left.map((entry) => path.join(folder, entry.name));
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  }
}
