import { canonicalJson } from "../storage/canonical-json.ts";
import { checksumBytes } from "../storage/checksum.ts";
import type { IndexDefinition } from "./index-definition.ts";

/** Part of every generation's name: raise it when the same input is to give other files. */
export const builderVersion = "2";

/** `g`, the dataset version, and 16 digits: 8 of the definition, 8 of what the pipeline had. */
export const generationName = /^g\d{8,}-[0-9a-f]{16}$/;
/** Dataset versions up to a hundred million sort by name; later ones still work. */
const versionDigits = 8;
/** 32 bits each, beside the dataset version: one index has a handful of definitions, one version a handful of states. */
const keyDigits = 8;

/**
 * The name of the generation that this input gives. Rows never change under their id and an embedder never changes
 * under its own, so beside the definition and the dataset version only the rows that are missing tell two apart.
 */
export function generationId(input: {
  definition: IndexDefinition;
  datasetVersion: number;
  missingChecksum: string;
}): string {
  const version = String(input.datasetVersion).padStart(versionDigits, "0");
  return `g${version}-${definitionKey(input.definition)}${digitsOf(input.missingChecksum)}`;
}

/** The version of the dataset that it was built of, by its name alone: the generation may be collected. */
export function datasetVersionOf(generation: string): number {
  return Number(generation.slice(1, generation.indexOf("-")));
}

/** Whether a generation was built by this very definition. */
export function isOfDefinition(generation: string, definition: IndexDefinition): boolean {
  return generation.slice(generation.indexOf("-") + 1).startsWith(definitionKey(definition));
}

function definitionKey(definition: IndexDefinition): string {
  const plain: unknown = JSON.parse(JSON.stringify({ ...definition, pipeline: undefined, builderVersion }));
  return digitsOf(checksumBytes(canonicalJson(plain)));
}

function digitsOf(checksum: string): string {
  return checksum.slice(checksum.indexOf(":") + 1).slice(0, keyDigits);
}
