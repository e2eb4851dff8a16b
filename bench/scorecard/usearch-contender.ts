import { closeSync, openSync, readSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import path from "node:path";
import { usearchConfig } from "@lakefleet/lib/vector/format/usearch-settings.ts";
import { IndexParameters } from "@lakefleet/lib/vector/index-parameters.ts";
import * as usearch from "usearch";
import type { Contender, OpenContender, Stage } from "./contender.ts";
import { compareExactly } from "./find-exact.ts";
import { readBlocks, workloadFiles, writeFloats } from "./workload.ts";

type Quantization = "f32" | "bf16" | "i8";

const graphFile = "graph.usearch";
/** As many as Lakefleet compares exactly for ten hits. */
const rerankCount = 30;

/** The engine alone, with its own defaults: 16 links, 128 candidates at build, 64 at search. */
export function usearchContender(quantization: Quantization): Contender {
  const reranks = quantization === "i8";
  return {
    label: `usearch ${quantization}${reranks ? `, ${rerankCount} compared exactly` : ""}`,
    defaultSetting: { ef: 64 },
    ladder: [16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768].map((ef) => ({ ef })),
    async build({ folder, workload }) {
      const vectors = path.join(workload.folder, workloadFiles.vectors);
      const index = createIndex(quantization, workload.dimension);
      let row = 0;
      for (const block of readBlocks(vectors, workload.dimension)) {
        row = add(index, block, row, workload);
      }
      index.save(path.join(folder, graphFile));
      if (reranks) await copyFile(vectors, path.join(folder, workloadFiles.vectors));
    },
    open: async (stage) => openGraph(stage, quantization),
    async append({ folder, workload }) {
      const index = createIndex(quantization, workload.dimension);
      index.load(path.join(folder, graphFile));
      let row = workload.count;
      for (const block of readBlocks(
        path.join(workload.folder, workloadFiles.appended),
        workload.dimension,
      )) {
        row = add(index, block, row, workload);
        if (reranks) writeFloats(path.join(folder, workloadFiles.vectors), block, "a");
      }
      index.save(path.join(folder, graphFile));
    },
  };
}

function createIndex(quantization: Quantization, dimension: number, expansionSearch = 64): usearch.Index {
  const parameters = IndexParameters.parse({ backend: "hnsw", quantization });
  if (parameters.backend !== "hnsw") throw new Error("the backend was given");
  const config = usearchConfig(usearch, parameters, dimension);
  return new usearch.Index({ ...config, expansion_search: expansionSearch });
}

function add(
  index: usearch.Index,
  block: Float32Array,
  first: number,
  { dimension, threads }: Stage["workload"],
): number {
  const keys = BigUint64Array.from({ length: block.length / dimension }, (_, row) => BigInt(first + row));
  index.add(keys, block, threads);
  return first + keys.length;
}

function openGraph({ folder, workload }: Stage, quantization: Quantization): OpenContender {
  const { dimension } = workload;
  const views = new Map<number, usearch.Index>();
  const viewAt = (ef: number) => {
    const known = views.get(ef);
    if (known !== undefined) return known;
    const index = createIndex(quantization, dimension, ef);
    index.view(path.join(folder, graphFile));
    views.set(ef, index);
    return index;
  };
  viewAt(64);
  if (quantization !== "i8") {
    return {
      search: (query, k, { ef = 64 }) => Array.from(viewAt(ef).search(query, k, 1).keys, Number),
      close: async () => views.clear(),
    };
  }
  const file = openSync(path.join(folder, workloadFiles.vectors), "r");
  const vectors = new Float32Array(dimension);
  const read = (row: number) => {
    readSync(file, vectors, 0, vectors.byteLength, row * vectors.byteLength);
    return { vectors, offset: 0 };
  };
  return {
    search(query, k, { ef = 64 }) {
      const { keys } = viewAt(ef).search(query, rerankCount, 1);
      return compareExactly({ keys, query, k, read });
    },
    async close() {
      views.clear();
      closeSync(file);
    },
  };
}
