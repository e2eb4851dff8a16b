import { canonicalJson } from "../storage/canonical-json.ts";
import { checksumBytes } from "../storage/checksum.ts";
import { buildFields, type Fields } from "../vector/build-fields.ts";
import type { IndexParameters } from "../vector/index-parameters.ts";

/** 64 bits: an index sees some thousand configurations. */
const keyDigits = 16;

/** The same for two configurations whose files are the same, whatever they say of searching. */
export function buildKey(parameters: IndexParameters): string {
  return digest(buildFields(parameters));
}

/**
 * The same for two trials that measure the same. Numbers that the chosen engine or kind does not read make no
 * difference.
 */
export function trialKey(parameters: IndexParameters, corpus: string, sampleShare: number): string {
  return digest({ ...buildFields(parameters), ...searchFields(parameters), corpus, sampleShare });
}

function searchFields(parameters: IndexParameters): Fields {
  const { expansionSearch } = parameters;
  if (parameters.backend === "hnsw") return { expansionSearch };
  const { kind, probes, refineFactor } = parameters;
  if (kind === "flat") return {};
  return kind === "ivf_hnsw_sq" ? { probes, refineFactor, expansionSearch } : { probes, refineFactor };
}

function digest(fields: Fields): string {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  const checksum = checksumBytes(canonicalJson(Object.fromEntries(present)));
  return checksum.slice(checksum.indexOf(":") + 1).slice(0, keyDigits);
}
