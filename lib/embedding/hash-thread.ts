import { parentPort } from "node:worker_threads";
import { createHashEmbedder, hashDimension } from "./hash-embedder.ts";

const port = parentPort;
if (port === null) throw new Error("hash-thread.ts runs in a worker thread only");
const embedder = createHashEmbedder();

port.on("message", (texts: readonly string[]) => {
  const vectors = new Float32Array(texts.length * hashDimension);
  for (const [index, text] of texts.entries()) embedder.embedInto(text, vectors, index * hashDimension);
  port.postMessage(vectors, [vectors.buffer]);
});
