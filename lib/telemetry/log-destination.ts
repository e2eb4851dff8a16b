import type { DestinationStream } from "pino";
import sonicBoom from "sonic-boom";

// What waits while nobody reads; lines beyond it are dropped, since a process must not grow with its unread log.
const waitingBytesMax = 16 << 20;

let shared: DestinationStream | undefined;

/**
 * Standard error for log lines: written in the background, and what still waits is written when the process exits.
 * Where it can't be written, because the reader is gone or the disk is full, lines are lost and the process goes on.
 */
export function logDestination(): DestinationStream {
  shared ??= open();
  return shared;
}

/**
 * pino opens version 4 of the same stream, whose last write repeats a broken pipe for ever: a worker that was to leave
 * with its launcher stayed.
 */
function open(): DestinationStream {
  const stream = new sonicBoom.SonicBoom({ fd: 2, sync: false, maxLength: waitingBytesMax });
  stream.on("error", () => undefined);
  process.once("exit", () => {
    try {
      stream.flushSync();
    } catch {
      // Nobody is left to be told.
    }
  });
  return stream;
}
