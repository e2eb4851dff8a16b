import path from "node:path";
import { loadHnswlib } from "@lakefleet/lib/vector/format/load-hnswlib.ts";
import type { Contender } from "./contender.ts";
import { readBlocks, workloadFiles } from "./workload.ts";

const graphFile = "graph.hnswlib";

/** The engine as npm compiles it, with its own defaults: 16 links, 200 candidates at build, 10 at search. */
export const hnswlibContender: Contender = {
  label: "hnswlib-node (M 16, efc 200)",
  defaultSetting: { ef: 10 },
  usualSetting: { ef: 100 },
  ladder: [16, 24, 32, 48, 64, 80, 100, 128, 192, 256, 384, 512].map((ef) => ({ ef })),
  async build({ folder, workload }) {
    const { HierarchicalNSW } = await loadHnswlib();
    const index = new HierarchicalNSW("cosine", workload.dimension);
    index.initIndex(workload.count + workload.appendCount, 16, 200, 100);
    addFrom(index, path.join(workload.folder, workloadFiles.vectors), workload.dimension, 0);
    index.writeIndexSync(path.join(folder, graphFile));
  },
  async open({ folder, workload }) {
    const { HierarchicalNSW } = await loadHnswlib();
    const index = new HierarchicalNSW("cosine", workload.dimension);
    await index.readIndex(path.join(folder, graphFile));
    return {
      search(query, k, { ef = 10 }) {
        index.setEf(ef);
        return index.searchKnn(Array.from(query), k).neighbors;
      },
      close: async () => {},
    };
  },
  async append({ folder, workload }) {
    const { HierarchicalNSW } = await loadHnswlib();
    const index = new HierarchicalNSW("cosine", workload.dimension);
    await index.readIndex(path.join(folder, graphFile));
    const appended = path.join(workload.folder, workloadFiles.appended);
    addFrom(index, appended, workload.dimension, workload.count);
    index.writeIndexSync(path.join(folder, graphFile));
  },
};

type Graph = InstanceType<Awaited<ReturnType<typeof loadHnswlib>>["HierarchicalNSW"]>;

function addFrom(index: Graph, file: string, dimension: number, first: number): void {
  let row = first;
  for (const block of readBlocks(file, dimension)) {
    for (let offset = 0; offset < block.length; offset += dimension) {
      index.addPoint(Array.from(block.subarray(offset, offset + dimension)), row);
      row += 1;
    }
  }
}
