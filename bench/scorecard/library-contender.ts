import path from "node:path";
import { dataLayout } from "@lakefleet/config/layout.ts";
import { createServingIndex } from "@lakefleet/lib/generation/read/serving-index.ts";
import { readDocument } from "@lakefleet/lib/search/read-document.ts";
import { openLocalStore } from "@lakefleet/lib/storage/local-store.ts";
import { IndexParameters } from "@lakefleet/lib/vector/index-parameters.ts";
import { openVectorLake } from "../support/vector-lake.ts";
import type { Contender, OpenContender, Stage } from "./contender.ts";
import { documentOf } from "./documents.ts";
import type { LanceKind } from "./lance-contender.ts";
import { readBlocks, workloadFiles } from "./workload.ts";

export type LibraryKind = "hnsw" | LanceKind;

/** The vectors as rows of a dataset with their texts: embedded, built, gated and promoted with Lakefleet's defaults. */
export function libraryContender(kind: LibraryKind): Contender {
  return {
    label: `Lakefleet ${kind}, in process`,
    defaultSetting: {},
    ladder: ladderOf(kind).map((effort) => ({ effort })),
    async build({ folder, workload }) {
      const lake = await openVectorLake(folder, lakeOptions(kind));
      const vectors = readWhole(path.join(workload.folder, workloadFiles.vectors), workload);
      await lake.publish({ tag: "a", vectors, dimension: workload.dimension });
    },
    open: openActive,
    async append({ folder, workload }) {
      const lake = await openVectorLake(folder, lakeOptions(kind));
      const vectors = readWhole(path.join(workload.folder, workloadFiles.appended), workload);
      const { dimension, count } = workload;
      await lake.publish({ tag: "a", vectors, dimension, firstRow: count });
    },
  };
}

function lakeOptions(kind: LibraryKind) {
  const parameters =
    kind === "hnsw"
      ? IndexParameters.parse({ backend: "hnsw" })
      : IndexParameters.parse({ backend: "lance", kind });
  return { parameters, metadataColumns: ["category"] };
}

function ladderOf(kind: LibraryKind): number[] {
  if (kind === "flat") return [];
  if (kind === "hnsw" || kind === "ivf_hnsw_sq")
    return [16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768];
  return [20, 50, 100, 150, 200, 300, 500, 1_000, 2_000];
}

function readWhole(file: string, { count, appendCount, dimension }: Stage["workload"]): Float32Array {
  const [all = new Float32Array()] = readBlocks(file, dimension, Math.max(count, appendCount));
  return all;
}

async function openActive({ folder }: Stage): Promise<OpenContender> {
  const store = await openLocalStore({ name: "primary", root: dataLayout(folder).bucket });
  const serving = createServingIndex({
    store,
    index: "vectors",
    onOpened: () => {},
    onOpenFailed: (_, cause) => {
      throw cause;
    },
  });
  await serving.use(async () => {});
  return {
    search: (query, k, { effort }) =>
      serving.use(async ({ generation }) => (await generation.vectors.search(query, { k, effort })).ordinals),
    fetch: (row) =>
      serving.use(async ({ generation }) => {
        const { chunks } = await readDocument(generation, documentOf(row).id, { offset: 0, limit: 1 });
        return chunks[0]?.text ?? "";
      }),
    close: () => serving.close(),
  };
}
