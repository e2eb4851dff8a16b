import { readdir, rename, rm } from "node:fs/promises";
import path from "node:path";

// Redis' own name for the folder of its append-only files.
const appendFolder = "appendonlydir";
// One to look at, one to compare it with; each may be as big as the queue was.
const damagedKept = 2;

/** Renames Redis' log out of its way and gives the new path; undefined where there is none. */
export async function moveAppendLogAside(redisFolder: string): Promise<string | undefined> {
  if (!(await readdir(redisFolder)).includes(appendFolder)) return undefined;
  const aside = path.join(
    redisFolder,
    `${appendFolder}.damaged-${new Date().toISOString().replaceAll(":", "")}`,
  );
  await rename(path.join(redisFolder, appendFolder), aside);
  return aside;
}

/** Undoes `moveAppendLogAside`, because the log was not what kept Redis from starting. */
export async function putAppendLogBack(redisFolder: string, aside: string): Promise<void> {
  const place = path.join(redisFolder, appendFolder);
  // A start that failed may have left a fresh, empty one.
  await rm(place, { recursive: true, force: true });
  await rename(aside, place);
}

/** Removes the oldest logs that were moved aside. */
export async function dropOldDamage(redisFolder: string): Promise<void> {
  const damaged = (await readdir(redisFolder)).filter((name) => name.startsWith(`${appendFolder}.damaged-`));
  for (const name of damaged.sort().slice(0, -damagedKept)) {
    await rm(path.join(redisFolder, name), { recursive: true, force: true });
  }
}
