import { copyFile, readFile } from "node:fs/promises";
import path from "node:path";
import * as usearch from "usearch";
import type { Contender } from "./contender.ts";
import { readBlocks, workloadFiles, writeFloats } from "./workload.ts";

/** Every vector compared, from memory, on one thread. */
export const exactContender: Contender = {
  label: "usearch exactSearch, f32",
  defaultSetting: {},
  ladder: [],
  build: ({ folder, workload }) =>
    copyFile(path.join(workload.folder, workloadFiles.vectors), path.join(folder, workloadFiles.vectors)),
  async open({ folder }) {
    const bytes = await readFile(path.join(folder, workloadFiles.vectors));
    const vectors = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    return {
      search(query, k) {
        const { Cos } = usearch.MetricKind;
        const found = usearch.exactSearch(vectors, query, query.length, k, Cos, 1);
        return Array.from(found.keys, Number);
      },
      close: async () => {},
    };
  },
  async append({ folder, workload }) {
    const appended = path.join(workload.folder, workloadFiles.appended);
    for (const block of readBlocks(appended, workload.dimension)) {
      writeFloats(path.join(folder, workloadFiles.vectors), block, "a");
    }
  },
};
