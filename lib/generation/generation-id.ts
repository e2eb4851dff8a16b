import { canonicalJson } from "../storage/canonical-json.ts";
import { checksumBytes } from "../storage/checksum.ts";
import type { IndexDefinition } from "./index-definition.ts";

/** Part of every generation's name: raise it when the same input is to give other files. */
export const builderVersion = "1";

/** Dataset versions up to a hundred million sort by name; later ones still work. */
const versionDigits = 8;
/** 48 bits beside the dataset version: the versions of one pipeline table never collide. */
const keyDigits = 12;

/**
 * The name of the generation that this definition gives over this state of the data: the same input gives the same
 * name, so a build finds what an earlier one has finished.
 */
export function generationId(input: {
  definition: IndexDefinition;
  datasetVersion: number;
  documentsTableVersion: number;
}): string {
  const checksum = checksumBytes(canonicalJson(JSON.parse(JSON.stringify({ ...input, builderVersion }))));
  const key = checksum.slice(checksum.indexOf(":") + 1).slice(0, keyDigits);
  return `g${String(input.datasetVersion).padStart(versionDigits, "0")}-${key}`;
}
