import { open } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { hasCode } from "./error-code.ts";

/** A disk of 300 MB/s takes in this time what a fast writer leaves in it. */
const everyMs = 300;

/**
 * Brings a file to disk while it is still being written, so that the sync after the last byte has little left to wait
 * for. It is no sync itself: whoever points at the file still does that. A failed sync here shows there again.
 */
export function syncWhileWriting(file: string): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const rounds = (async () => {
    for (;;) {
      await pauseUnlessStopped(stopping.signal);
      if (stopping.signal.aborted) return;
      await syncIfThere(file);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await rounds;
    },
  };
}

async function pauseUnlessStopped(signal: AbortSignal): Promise<void> {
  try {
    await pause(everyMs, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function syncIfThere(file: string): Promise<void> {
  try {
    await using handle = await open(file, "r");
    await handle.datasync();
  } catch (error) {
    // Not created yet, or the disk is failing: the publish that follows meets that too, and can tell.
    if (!hasCode(error, "ENOENT", "EIO", "ENOSPC", "EDQUOT")) throw error;
  }
}
