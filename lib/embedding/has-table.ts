import { readdir } from "node:fs/promises";
import path from "node:path";
import { hasCode } from "../storage/error-code.ts";

/**
 * Whether Lance can open the table of that name in the folder. A kill while it is created leaves a folder that Lance
 * lists and cannot open, without a version or with half of one, which has another ending until it is whole.
 */
export async function hasTable(folder: string, name: string): Promise<boolean> {
  try {
    const versions = await readdir(path.join(folder, `${name}.lance`, "_versions"));
    return versions.some((version) => version.endsWith(".manifest"));
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false;
    throw error;
  }
}
