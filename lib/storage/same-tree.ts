import { stat } from "node:fs/promises";
import path from "node:path";
import { checksumFile } from "./checksum.ts";
import { walkTree } from "./walk-tree.ts";

/** Whether two local files, or two folders with everything below them, hold the same names and bytes. */
export async function sameTree(left: string, right: string): Promise<boolean> {
  const [leftTree, rightTree] = await Promise.all([walkTree(left), walkTree(right)]);
  if (leftTree.files.join("\0") !== rightTree.files.join("\0")) return false;
  for (const file of leftTree.files) {
    if (!(await sameFile(path.join(left, file), path.join(right, file)))) return false;
  }
  return true;
}

async function sameFile(left: string, right: string): Promise<boolean> {
  const [leftStatus, rightStatus] = await Promise.all([stat(left), stat(right)]);
  if (leftStatus.size !== rightStatus.size) return false;
  // Two names of one file.
  if (leftStatus.ino === rightStatus.ino && leftStatus.dev === rightStatus.dev) return true;
  const [leftSum, rightSum] = await Promise.all([checksumFile(left), checksumFile(right)]);
  return leftSum === rightSum;
}
