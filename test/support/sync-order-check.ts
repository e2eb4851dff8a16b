import path from "node:path";
import { type CallMoment, parseTrace } from "./sync-order-trace.ts";

export interface SyncOrderReport {
  /** One sentence for each place where a power loss could leave a name without its data. */
  violations: string[];
  renames: number;
  links: number;
  syncs: number;
  /** What the program wrote to its standard output, by which it says that an operation is done. */
  acknowledged: string[];
}

/** A file's content or a folder's entries: how many changes began, ended, and are known to be on disk. */
interface Content {
  begun: number;
  ended: number;
  synced: number;
}

const writeCalls = new Set([
  "write",
  "pwrite64",
  "writev",
  "pwritev",
  "ftruncate",
  "copy_file_range",
  "sendfile",
]);
const syncCalls = new Set(["fsync", "fdatasync"]);

/** The calls to trace; every way in which Node writes, names, unnames or syncs a file. */
export const tracedCalls = [
  ...writeCalls,
  ...syncCalls,
  ..."openat,open,creat,rename,renameat,renameat2,link,linkat,mkdir,mkdirat,unlink,unlinkat,rmdir,close".split(
    ",",
  ),
].join(",");

/**
 * Follows a trace and checks, for all paths below `root`: a file or tree that is renamed or linked was synced after
 * its last change, files and folders both; and whenever the program acknowledges an operation on its standard
 * output, everything outside the staging folders is on disk: data, entries and new folders.
 */
export function checkSyncOrder(trace: string, root: string): SyncOrderReport {
  const check = new SyncOrderCheck(root);
  for (const moment of parseTrace(trace)) check.follow(moment);
  return check.report;
}

class SyncOrderCheck {
  readonly report: SyncOrderReport = { violations: [], renames: 0, links: 0, syncs: 0, acknowledged: [] };
  readonly #root: string;
  readonly #contents = new Map<string, Content>();
  /** For a sync under way on a thread: how many changes it covers. */
  readonly #covers = new Map<number, number>();
  /** Files whose writes are on disk when they return. */
  readonly #syncing = new Set<string>();

  constructor(root: string) {
    this.#root = root;
  }

  follow(moment: CallMoment): void {
    if (writeCalls.has(moment.call)) this.#write(moment);
    else if (syncCalls.has(moment.call)) this.#sync(moment);
    else if (/^(open|openat|creat)$/.test(moment.call)) this.#open(moment);
    else if (/^(mkdir|unlink|rmdir)/.test(moment.call)) this.#changeEntry(moment, quoted(moment)[0]);
    else if (/^(rename|link)/.test(moment.call)) this.#giveName(moment);
  }

  #write(moment: CallMoment): void {
    const target = described(moment, moment.call === "copy_file_range" ? 1 : 0);
    if (/^1</.test(moment.arguments) && moment.moment === "begin") this.#acknowledge(quoted(moment)[0] ?? "");
    if (!this.#isInside(target)) return;
    this.#change(moment, target);
    const content = this.#content(target);
    // Such a write syncs its own bytes only, so whatever was changed before it must be on disk already.
    const isSynced =
      this.#syncing.has(target) && /write/.test(moment.call) && content.synced === content.begun - 1;
    if (!isSynced || moment.moment !== "end" || !moment.succeeded) return;
    content.synced += 1;
    this.report.syncs += 1;
  }

  #sync(moment: CallMoment): void {
    const target = described(moment, 0);
    if (!this.#isInside(target)) return;
    const content = this.#content(target);
    if (moment.moment === "begin") {
      // A change that is still under way may or may not be covered, so it counts as not covered.
      this.#covers.set(moment.thread, content.begun === content.ended ? content.begun : content.synced);
    } else if (moment.succeeded) {
      this.report.syncs += 1;
      content.synced = Math.max(content.synced, this.#covers.get(moment.thread) ?? 0);
    }
  }

  #open(moment: CallMoment): void {
    const target = quoted(moment)[0];
    if (!this.#isInside(target)) return;
    const isNew = moment.arguments.includes("O_CREAT") && !this.#contents.has(target);
    const isChange = moment.moment === "end" && moment.succeeded;
    if (isNew && isChange && !isLock(target)) this.#changeWhole(path.dirname(target));
    if (isChange && moment.arguments.includes("O_TRUNC")) this.#changeWhole(target);
    if (isChange && moment.arguments.includes("O_DSYNC")) this.#syncing.add(target);
  }

  #changeEntry(moment: CallMoment, target: string | undefined): void {
    if (!this.#isInside(target) || !moment.succeeded) return;
    if (!isLock(target)) this.#change(moment, path.dirname(target));
    if (moment.moment === "end" && !moment.call.startsWith("mkdir")) this.#contents.delete(target);
  }

  #giveName(moment: CallMoment): void {
    const [source, target] = quoted(moment);
    if (source === undefined || !this.#isInside(target) || !moment.succeeded) return;
    if (moment.moment === "begin") {
      for (const [file, content] of this.#contents) {
        if (isBelow(file, source) && !isOnDisk(content)) {
          this.report.violations.push(`${moment.call} to ${target} while ${file} is not synced`);
        }
      }
    } else {
      this.#moveContents(source, target, moment.call.startsWith("link"));
      this.report[moment.call.startsWith("link") ? "links" : "renames"] += 1;
    }
    this.#change(moment, path.dirname(target));
    if (moment.call.startsWith("rename") && this.#isInside(source))
      this.#change(moment, path.dirname(source));
  }

  #moveContents(source: string, target: string, keepSource: boolean): void {
    for (const [file, content] of [...this.#contents]) {
      if (!isBelow(file, source)) continue;
      this.#contents.set(target + file.slice(source.length), content);
      if (!keepSource) this.#contents.delete(file);
    }
  }

  #acknowledge(text: string): void {
    this.report.acknowledged.push(text.replace("\\n", ""));
    for (const [file, content] of this.#contents) {
      if (!isTemporary(file) && !isOnDisk(content)) {
        this.report.violations.push(
          `"${text.replace("\\n", "")}" is acknowledged while ${file} is not synced`,
        );
      }
    }
  }

  #changeWhole(target: string): void {
    const content = this.#content(target);
    content.begun += 1;
    content.ended += 1;
  }

  #change(moment: CallMoment, target: string): void {
    this.#content(target)[moment.moment === "begin" ? "begun" : "ended"] += 1;
  }

  #content(target: string): Content {
    const content = this.#contents.get(target) ?? { begun: 0, ended: 0, synced: 0 };
    this.#contents.set(target, content);
    return content;
  }

  #isInside(target: string | undefined): target is string {
    return target !== undefined && isBelow(target, this.#root);
  }
}

function isOnDisk(content: Content): boolean {
  return content.begun === content.ended && content.synced === content.begun;
}

/** Staging holds what nothing points at yet. */
function isTemporary(file: string): boolean {
  return /\/_staging(\/|$)/.test(file) || file.endsWith(".compacting") || isLock(file);
}

/** A lock file means nothing after a power loss. */
function isLock(file: string): boolean {
  return file.endsWith(".lock");
}

function isBelow(file: string, folder: string): boolean {
  return file === folder || file.startsWith(`${folder}/`);
}

/** The path of the n-th file descriptor among the arguments. */
function described(moment: CallMoment, position: number): string | undefined {
  return [...moment.arguments.matchAll(/(?:^|, )\d+<([^>]*)>/g)][position]?.[1];
}

/** The texts among the arguments, of which paths are the first. */
function quoted(moment: CallMoment): string[] {
  return [...moment.arguments.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1] ?? "");
}
