import { parentPort, workerData } from "node:worker_threads";
import {
  type ChunkBlock,
  type FromBuildThread,
  failureFrom,
  type SegmentBuild,
  type ToBuildThread,
} from "./build-protocol.ts";
import { buildSegment } from "./build-segment.ts";

if (parentPort === null) throw new Error("the build thread is no program of its own");
const port = parentPort;
const data: SegmentBuild = workerData;
const abort = new AbortController();
const waiting: ToBuildThread[] = [];
let wake = () => {};

port.on("message", (message: ToBuildThread) => {
  if (message.kind === "abort") abort.abort();
  else waiting.push(message);
  wake();
});

try {
  await buildSegment(data, {
    blocks: sentBlocks(),
    onProgress: (done) => tell({ kind: "progress", done }),
    signal: abort.signal,
  });
  tell({ kind: "done" });
} catch (error) {
  tell({ kind: "failed", failure: failureFrom(error) });
} finally {
  port.close();
}

async function* sentBlocks(): AsyncGenerator<ChunkBlock> {
  for (;;) {
    const message = await nextMessage();
    if (message.kind === "end") return;
    if (message.kind === "chunks") yield message.block;
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
