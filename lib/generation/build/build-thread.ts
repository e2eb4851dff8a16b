import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { createLexicalBuilder, type LexicalBuilder } from "../../lexical/build/build-lexical-index.ts";
import { buildVectorIndex } from "../../vector/build/build-vector-index.ts";
import type { VectorBlock } from "../../vector/format/vector-block.ts";
import { createProbeCollector, encodeProbes, probeFile } from "../format/probe-vectors.ts";
import { lexicalFile, rowStoreFile, storedMetadata, vectorFolder } from "../format/row-store-layout.ts";
import {
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
const waiting: ToBuildThread[] = [];
let wake = () => {};

port.on("message", (message: ToBuildThread) => {
  if (message.kind === "abort") abort.abort();
  else waiting.push(message);
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

/** Writes every file of the generation but its manifest, in one pass over the messages. */
async function build({ folder, parameters, dimension, vectorCount, columns, threads }: BuildThreadData) {
  const rows = createRowStoreWriter(path.join(folder, rowStoreFile), columns);
  const lexical = createLexicalBuilder();
  const probes = createProbeCollector(vectorCount, dimension);
  const vectors = path.join(folder, vectorFolder);
  try {
    await mkdir(vectors);
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
    abort.signal.throwIfAborted();
    await lexical.write(path.join(folder, lexicalFile));
    await writeFile(path.join(folder, probeFile), encodeProbes(probes.take()));
  } catch (error) {
    rows.abandon();
    throw error;
  }
  rows.finish();
}

/** Files each block's rows and words on its way to the vector index. */
async function* fileBlocks(
  rows: RowStoreWriter,
  lexical: LexicalBuilder,
  offerProbes: (vectors: Float32Array) => void,
): AsyncGenerator<VectorBlock> {
  for (;;) {
    const message = await nextMessage();
    if (message.kind === "end") return;
    if (message.kind === "missing") rows.addMissing(message.rows);
    if (message.kind !== "chunks") continue;
    const { chunks, vectors } = message.block;
    const metadata = rows.addChunks(chunks);
    for (const { text } of chunks) lexical.add(text);
    offerProbes(vectors);
    yield { vectors, metadata };
  }
}

async function nextMessage(): Promise<ToBuildThread> {
  while (waiting.length === 0 && !abort.signal.aborted) {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  abort.signal.throwIfAborted();
  const message = waiting.shift();
  if (message === undefined) throw new Error("the build thread woke without a message");
  tell({ kind: "taken" });
  return message;
}

function tell(message: FromBuildThread): void {
  port.postMessage(message);
}
