import { mkdir } from "node:fs/promises";
import path from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { createLexicalBuilder, type LexicalBuilder } from "../../lexical/build/build-lexical-index.ts";
import { buildVectorIndex } from "../../vector/build/build-vector-index.ts";
import type { VectorBlock } from "../../vector/format/vector-block.ts";
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
/** A segment's vectors know their documents, so that Lance can look them up by an index of its own. */
const documentColumn = { name: "doc_id", type: "varchar", unique: true } as const;
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

/** Writes every file of the segment, in one pass over the messages. */
async function build({
  folder,
  parameters,
  dimension,
  vectorCount,
  columns,
  threads,
  flat,
}: BuildThreadData) {
  const rows = createRowStoreWriter(path.join(folder, rowStoreFile), columns);
  const lexical = createLexicalBuilder();
  const vectors = path.join(folder, vectorFolder);
  try {
    await mkdir(vectors);
    await buildVectorIndex({
      folder: vectors,
      parameters,
      dimension,
      vectorCount,
      blocks: fileBlocks(rows, lexical),
      metadataColumns: [documentColumn, ...columns.map(storedMetadata)],
      threads,
      flat,
      progress: ({ done }) => tell({ kind: "progress", done }),
      signal: abort.signal,
    });
    abort.signal.throwIfAborted();
    await lexical.write(path.join(folder, lexicalFile));
  } catch (error) {
    rows.abandon();
    throw error;
  }
  rows.finish();
}

/** Files each block's rows and words on its way to the vector index. */
async function* fileBlocks(rows: RowStoreWriter, lexical: LexicalBuilder): AsyncGenerator<VectorBlock> {
  for (;;) {
    const message = await nextMessage();
    if (message.kind === "end") return;
    if (message.kind !== "chunks") continue;
    const { chunks, vectors } = message.block;
    const metadata = rows.addChunks(chunks);
    for (const { text } of chunks) lexical.add(text);
    yield { vectors, metadata: { ...metadata, [documentColumn.name]: chunks.map(({ docId }) => docId) } };
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
