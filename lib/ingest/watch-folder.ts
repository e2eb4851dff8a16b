import path from "node:path";
import { watch } from "chokidar";

export interface WatchedFile {
  /** Absolute. */
  path: string;
  /** Relative to the watched folder, with `/` between segments. */
  name: string;
  size: number;
  modifiedMs: number;
}

/** A file that has not grown for this long is taken as complete; a copy over a slow disk pauses for less. */
const stableMs = 500;
/** Files that arrive together are handed over together, so that a thousand notes are one piece of work. */
const gatherMs = 300;

/**
 * Reports every file below a folder once it is complete: those that are there at the start, then each new or changed
 * one, in batches. Hidden files, symbolic links and names that end in `~`, `.part`, `.tmp` or `.crdownload` are passed over.
 */
export function watchFolder(options: {
  folder: string;
  onFiles: (files: WatchedFile[]) => Promise<void>;
  onError: (error: unknown) => void;
}): { close(): Promise<void> } {
  let waiting = new Map<string, WatchedFile>();
  let timer: NodeJS.Timeout | undefined;
  let handling: Promise<void> = Promise.resolve();

  const hand = () => {
    timer = undefined;
    const batch = [...waiting.values()];
    waiting = new Map();
    handling = handling.then(() => options.onFiles(batch)).catch(options.onError);
  };
  const watcher = watch(options.folder, {
    followSymlinks: false,
    ignored: (file) => isPassedOver(options.folder, file),
    awaitWriteFinish: { stabilityThreshold: stableMs, pollInterval: 100 },
    alwaysStat: true,
  });
  for (const event of ["add", "change"] as const) {
    watcher.on(event, (file, stats) => {
      if (!stats?.isFile()) return;
      const name = path.relative(options.folder, file).split(path.sep).join("/");
      waiting.set(file, { path: file, name, size: stats.size, modifiedMs: stats.mtimeMs });
      timer ??= setTimeout(hand, gatherMs);
    });
  }
  watcher.on("error", options.onError);
  return {
    async close() {
      clearTimeout(timer);
      await watcher.close();
      await handling;
    },
  };
}

function isPassedOver(folder: string, file: string): boolean {
  const name = path.relative(folder, file);
  if (name === "") return false;
  return (
    name.split(path.sep).some((segment) => segment.startsWith(".")) ||
    /(~|\.part|\.tmp|\.crdownload)$/.test(name)
  );
}
