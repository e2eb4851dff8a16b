import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { createRandom } from "../../examples/create-random.ts";

/** A folder of small texts that somebody works in; the same work for the same seed. */
export interface EditedFolder {
  /** Writes so many new files, one after the other. */
  drop(count: number): Promise<void>;
  /** Edits so many of those that are there, and as many in four are deleted and written new. */
  edit(count: number): Promise<void>;
  /** How often which was done. */
  counts(): { dropped: number; edited: number; deleted: number };
  /** From each file's name to the hash of what is in it. */
  hashes(): Promise<Map<string, string>>;
}

const filesPerFolder = 500;
const words = ["river", "bicycle", "harvest", "signal", "lantern", "orchard", "granite", "voyage"];

export function openEditedFolder(folder: string, seed: number): EditedFolder {
  const random = createRandom(seed);
  const names: string[] = [];
  const counts = { dropped: 0, edited: 0, deleted: 0 };
  const pick = <T>(from: readonly T[]): T => from[random() % from.length]!;
  const text = (name: string, edition: number) =>
    `${name}, edition ${edition}: ${Array.from({ length: 12 }, () => pick(words)).join(" ")}`;
  const drop = async (count: number) => {
    for (let file = 0; file < count; file += 1) {
      const place = counts.dropped;
      const name = `part-${Math.floor(place / filesPerFolder)}/note-${place}.txt`;
      await mkdir(path.join(folder, path.dirname(name)), { recursive: true });
      await writeFile(path.join(folder, name), text(name, 0));
      names.push(name);
      counts.dropped += 1;
    }
  };
  return {
    drop,
    async edit(count) {
      for (let edit = 0; edit < count; edit += 1) {
        const name = pick(names);
        counts.edited += 1;
        await writeFile(path.join(folder, name), text(name, counts.edited));
        if (edit % 4 !== 0) continue;
        const [gone] = names.splice(random() % names.length, 1);
        await rm(path.join(folder, gone!));
        counts.deleted += 1;
        await drop(1);
      }
    },
    counts: () => counts,
    async hashes() {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      const hashes = new Map<string, string>();
      for (const entry of entries.filter((one) => one.isFile())) {
        const file = path.join(entry.parentPath, entry.name);
        hashes.set(path.relative(folder, file), hashText(await readFile(file, "utf8")));
      }
      return hashes;
    },
  };
}

export function hashText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
