import type { IndexParameters } from "../vector/index-parameters.ts";

/** A configuration in one line, for people. */
export function describeParameters(parameters: IndexParameters): string {
  const { connectivity, expansionBuild, expansionSearch } = parameters;
  const graph = `M ${connectivity}, efc ${expansionBuild}, ef ${expansionSearch}`;
  if (parameters.backend === "hnsw") {
    const { engine, quantization } = parameters;
    return `${engine}${engine === "hnswlib" ? "" : ` ${quantization}`}, ${graph}`;
  }
  const { kind, partitions, subVectors, probes, refineFactor } = parameters;
  if (kind === "flat") return "lance flat";
  const parts = [
    `lance ${kind}`,
    ...(partitions === undefined ? [] : [`partitions ${partitions}`]),
    ...(kind === "ivf_pq" && subVectors !== undefined ? [`sub-vectors ${subVectors}`] : []),
    ...(kind === "ivf_hnsw_sq" ? [graph] : []),
    ...(probes === undefined ? [] : [`probes ${probes}`]),
    `refine ${refineFactor}`,
  ];
  return parts.join(", ");
}
