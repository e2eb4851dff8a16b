import { canonicalJson } from "../storage/canonical-json.ts";
import type { HnswParameters, IndexParameters, LanceParameters } from "./index-parameters.ts";

export type Fields = Record<string, string | number | undefined>;

/** What of a configuration the files depend on; numbers that the chosen engine or kind does not read are left out. */
export function buildFields(parameters: IndexParameters): Fields {
  return parameters.backend === "hnsw" ? hnswBuildFields(parameters) : lanceBuildFields(parameters);
}

/** Whether both give the same files, and differ at most in how those are searched. */
export function isBuiltAlike(one: IndexParameters, other: IndexParameters): boolean {
  const [fields, otherFields] = [one, other].map((each) =>
    Object.entries(buildFields(each)).filter(([, value]) => value !== undefined),
  );
  return canonicalJson(fields) === canonicalJson(otherFields);
}

function hnswBuildFields({ backend, engine, quantization, connectivity, expansionBuild }: HnswParameters) {
  const shared = { backend, engine, connectivity, expansionBuild };
  return engine === "hnswlib" ? shared : { ...shared, quantization };
}

function lanceBuildFields(parameters: LanceParameters): Fields {
  const { backend, kind, partitions, subVectors, connectivity, expansionBuild } = parameters;
  if (kind === "flat") return { backend, kind };
  if (kind === "ivf_rq") return { backend, kind, partitions };
  if (kind === "ivf_pq") return { backend, kind, partitions, subVectors };
  return { backend, kind, partitions, connectivity, expansionBuild };
}
