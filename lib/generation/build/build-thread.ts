import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { createLexicalBuilder, type LexicalBuilder } from "../../lexical/build/build-lexical-index.ts";
import { buildVectorIndex } from "../../vector/build/build-vector-index.ts";
import type { VectorBlock } from "../../vector/format/vector-block.ts";
import { createProbeCollector, encodeProbes, probeFile } from "../format/probe-vectors.ts";
import { lexicalFile, rowStoreFile, storedMetadata, vectorFolder } from "../format/row-store-layout.ts";
import {
  type BuildBlock,
  type BuildThreadData,
  type FromBuildThread,
  failureFrom,
  type ToBuildThread,
} from "./build-protocol.ts";
import { createRowStoreWriter, type RowStoreWriter } from "./write-row-store.ts";

if (parentPort === null) throw new Error("the build thread is no program of its own");
const port = parentPort;
const data: BuildThreadData = workerData;
const abort = new AbortController();
const waiting: (BuildBlock | undefined)[] = [];
let wake = () => {};

port.on("message", (message: ToBuildThread) => {
  if (message.kind === "abort") abort.abort();
  else waiting.push(message.kind === "block" ? message.block : undefined);
  wake();
});

try {
  await build(data);
  tell({ kind: "done" });
} catch (error) {
  tell({ kind: "failed", failure: failureFrom(error) });
} finally {
  port.close();
}

/** Writes every file of the generation but its manifest, in one pass over the blocks. */
async function build({ folder, parameters, dimension, vectorCount, columns, threads }: BuildThreadData) {
  const rows = createRowStoreWriter(path.join(folder, rowStoreFile), columns);
  const lexical = createLexicalBuilder();
  const probes = createProbeCollector(vectorCount, dimension);
  const vectors = path.join(folder, vectorFolder);
  await mkdir(vectors);
  try {
    await buildVectorIndex({
      folder: vectors,
      parameters,
      dimension,
      vectorCount,
      blocks: fileBlocks(rows, lexical, probes.offer),
      metadataColumns: columns.map(storedMetadata),
      threads,
      progress: ({ done }) => tell({ kind: "progress", done }),
      signal: abort.signal,
    });
  } catch (error) {
    rows.abandon();
    throw error;
  }
  rows.finish();
  abort.signal.throwIfAborted();
  await lexical.write(path.join(folder, lexicalFile));
  await writeFile(path.join(folder, probeFile), encodeProbes(probes.take()));
}

/** Files each block's rows and words on its way to the vector index. */
async function* fileBlocks(
  rows: RowStoreWriter,
  lexical: LexicalBuilder,
  offerProbes: (vectors: Float32Array) => void,
): AsyncGenerator<VectorBlock> {
  for (;;) {
    const block = await nextBlock();
    if (block === undefined) return;
    const metadata = rows.addChunks(block.chunks);
    rows.addIndexedRows(block.indexedRows);
    rows.addRowStates(block.rowStates);
    for (const { text } of block.chunks) lexical.add(text);
    offerProbes(block.vectors);
    if (block.chunks.length > 0) yield { vectors: block.vectors, metadata };
  }
}

async function nextBlock(): Promise<BuildBlock | undefined> {
  tell({ kind: "wanted" });
  while (waiting.length === 0 && !abort.signal.aborted) {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  abort.signal.throwIfAborted();
  return waiting.shift();
}

function tell(message: FromBuildThread): void {
  port.postMessage(message);
}
