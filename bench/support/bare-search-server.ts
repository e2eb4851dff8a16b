import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { openBareEngine } from "./bare-engine.ts";

// A process of its own, as the gateway is: the least that a server in Node does for a search. Prints its port.
const [folder, vectorsFile, values] = process.argv.slice(2);
if (folder === undefined || vectorsFile === undefined || values === undefined)
  throw new Error("bare-search-server needs a folder, a file of vectors and their dimension");
const bytes = readFileSync(vectorsFile);
const vectors = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
const search = openBareEngine({ folder, vectors, dimension: Number(values) });
/** Three hundred characters, as the hits of the bench have. */
const text = "the quick brown fox jumps over it ".repeat(9);

const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on("data", (piece: Buffer) => pieces.push(piece));
  request.on("end", () => {
    const started = performance.now();
    const { vector, k } = JSON.parse(Buffer.concat(pieces).toString()) as { vector: number[]; k: number };
    const hits = Array.from(search(Float32Array.from(vector), k), (ordinal) => ({
      doc_id: `n${ordinal}`,
      text,
    }));
    const answer = Buffer.from(JSON.stringify({ hits, took_ms: performance.now() - started }));
    response.writeHead(200, { "content-type": "application/json", "content-length": answer.length });
    response.end(answer);
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port was given");
  process.stdout.write(`${JSON.stringify({ port: address.port })}\n`);
});
process.once("SIGTERM", () => process.exit(0));
