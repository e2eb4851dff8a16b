import { readdir } from "node:fs/promises";
import path from "node:path";
import { watch } from "chokidar";
import { type FileState, isPassedOver, lookAt, scanTree } from "./scan-tree.ts";
import type { SeenFiles } from "./seen-files.ts";
import { type Looked, settleChanges, stableMs, type Unsettled } from "./settle-changes.ts";

/** What has become of a watched folder since it was last told; names are relative to it. */
export interface FolderChanges {
  changed: { name: string; state: FileState }[];
  removed: string[];
}

export interface OpenWatchOptions {
  folder: string;
  recursive: boolean;
  seen: SeenFiles;
  /** When it resolves, the changes are somebody's to carry out; until then they are told again. */
  onChanges: (changes: FolderChanges) => Promise<void>;
  onError: (error: unknown) => void;
  /** How often everything is looked at, for events that were missed. */
  scanEveryMs?: number;
}

/** The kernel's events may be lost, or not come at all from a network disk. */
const defaultScanEveryMs = 60_000;
/** Events that come together are one look. */
const gatherMs = 200;
/** What is complete waits for what is not, so that a rename is one change and a thousand files are one request. */
const patienceMs = 5_000;
const retryMs = 5_000;
/** Files in one request: their names take about a megabyte. */
const changesMax = 10_000;

/**
 * Follows a folder: what is there at the start and has not been seen, then each change. The truth is what a look finds
 * beside the journal; events only say where to look, so none that is lost is missed for long, and a restart misses
 * nothing. A folder that cannot be listed has not lost its files.
 */
export function openWatch(options: OpenWatchOptions): { close(): Promise<void> } {
  const { folder, recursive, onError, scanEveryMs = defaultScanEveryMs } = options;
  const dirty = new Set<string>();
  let scanDue = true;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let running: Promise<void> | undefined;
  /** The kernel tells nothing of a folder that went and came back. */
  let isBlind = false;
  const pass = createPass(options);

  const schedule = (delayMs: number) => {
    if (!closed && running === undefined) timer ??= setTimeout(run, delayMs);
  };
  const run = () => {
    timer = undefined;
    running = look().then((delayMs) => {
      running = undefined;
      if (delayMs !== undefined) schedule(delayMs);
    });
  };
  /** Gives when to look again, if that is known already. */
  const look = async (): Promise<number | undefined> => {
    const names = scanDue ? "all" : [...dirty];
    scanDue = false;
    dirty.clear();
    try {
      const again = await pass(names);
      if (isBlind) await reopen();
      for (const name of again) dirty.add(name);
      if (scanDue) return gatherMs;
      return dirty.size > again.length ? gatherMs : dirty.size > 0 ? stableMs : undefined;
    } catch (error) {
      onError(error);
      scanDue = true;
      isBlind = true;
      return retryMs;
    }
  };
  const openEvents = () => {
    const events = watch(folder, {
      followSymlinks: false,
      ignoreInitial: true,
      ignored: (file) => file !== folder && isPassedOver(relative(folder, file)),
      ...(recursive ? {} : { depth: 0 }),
    });
    events.on("all", (_event, file) => {
      dirty.add(relative(folder, file));
      schedule(gatherMs);
    });
    // What came before it was ready is in no event.
    events.on("ready", scanSoon);
    events.on("error", onError);
    return events;
  };
  const scanSoon = () => {
    scanDue = true;
    schedule(0);
  };
  let watcher = openEvents();
  const reopen = async () => {
    isBlind = false;
    await watcher.close();
    if (!closed) watcher = openEvents();
  };
  const scanning = setInterval(scanSoon, scanEveryMs);
  schedule(0);
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      clearInterval(scanning);
      await watcher.close();
      await running;
    },
  };
}

/** One look after the other; each gives the names that are to be looked at again. */
function createPass({ folder, recursive, seen, onChanges }: OpenWatchOptions) {
  let waiting = new Map<string, Unsettled>();
  let readySinceMs: number | undefined;
  return async (names: "all" | readonly string[]): Promise<string[]> => {
    const looked = await lookAround({ folder, recursive, seen, names });
    const elapsedMs = performance.now();
    const known = (name: string) => seen.get(name);
    const settled = settleChanges({ looked, known, waiting, elapsedMs, nowMs: Date.now() });
    // A name that this look did not ask for waits on.
    for (const [name, state] of waiting) if (!looked.has(name)) settled.waiting.set(name, state);
    const { changed, removed } = settled;
    const readyNames = [...changed.map(({ name }) => name), ...removed];
    if (readyNames.length > 0) readySinceMs ??= elapsedMs;
    const isPatient = settled.waiting.size > 0 && elapsedMs - (readySinceMs ?? elapsedMs) < patienceMs;
    const before = waiting;
    waiting = settled.waiting;
    if (readyNames.length === 0) return [...waiting.keys()];
    if (isPatient) {
      // They stay settled: a later look finds the same state, and that they had it before.
      for (const name of readyNames) {
        waiting.set(name, before.get(name) ?? { state: looked.get(name), sinceMs: elapsedMs - stableMs });
      }
      return [...waiting.keys()];
    }
    readySinceMs = undefined;
    await tell({ changed, removed }, { seen, onChanges });
    return [...waiting.keys()];
  };
}

async function tell(
  { changed, removed }: FolderChanges,
  { seen, onChanges }: Pick<OpenWatchOptions, "seen" | "onChanges">,
): Promise<void> {
  for (let first = 0; first < Math.max(changed.length, removed.length); first += changesMax) {
    const part = {
      changed: changed.slice(first, first + changesMax),
      removed: removed.slice(first, first + changesMax),
    };
    await onChanges(part);
    await seen.record({ taken: part.changed, gone: part.removed });
  }
}

async function lookAround(options: {
  folder: string;
  recursive: boolean;
  seen: SeenFiles;
  names: "all" | readonly string[];
}): Promise<Looked> {
  const { folder, recursive, seen, names } = options;
  const looked = new Map<string, FileState | undefined>();
  if (names !== "all") {
    // Files of a folder that is gone are not known to be gone themselves.
    await readdir(folder);
    for (const name of names) looked.set(name, await lookAt(folder, name));
    return looked;
  }
  const { files, unreadable } = await scanTree(folder, { recursive });
  for (const [name, state] of files) looked.set(name, state);
  const isHidden = (name: string) => unreadable.some((hidden) => name.startsWith(`${hidden}/`));
  for (const name of seen.names()) if (!files.has(name) && !isHidden(name)) looked.set(name, undefined);
  return looked;
}

function relative(folder: string, file: string): string {
  return path.relative(folder, file).split(path.sep).join("/");
}
