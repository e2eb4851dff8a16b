import type { BigIntStats } from "node:fs";

/** What this process has read whole and found right; a file that has not changed since need not be read again. */
export interface VerifiedFiles {
  /** Whether the file, as its status now is, had this checksum when it was read. */
  knows(status: BigIntStats, checksum: string): boolean;
  /** Remembers that the file had this checksum; `before` and `after` are its status around the reading. */
  remember(read: { before: BigIntStats; after: BigIntStats; beganAtMs: number; checksum: string }): void;
}

/** A generation has about ten files, so these are more generations than a disk holds. */
const filesMax = 10_000;
/**
 * The kernel stamps files with a clock that ticks every 1 to 10 ms: one that changed in the tick in which it was read
 * has the same stamp before and after. So only what had rested for this long is remembered.
 */
const restMs = 100;

/** To be made once in a process and handed to whatever verifies files there. */
export function rememberVerifiedFiles(): VerifiedFiles {
  const known = new Map<string, string>();
  return {
    knows: (status, checksum) => known.get(identityOf(status)) === checksum,
    remember({ before, after, beganAtMs, checksum }) {
      const identity = identityOf(before);
      const rested = beganAtMs - Number(before.mtimeNs / 1_000_000n) >= restMs;
      if (!rested || identity !== identityOf(after)) return;
      known.set(identity, checksum);
      const [oldest] = known.keys();
      if (known.size > filesMax && oldest !== undefined) known.delete(oldest);
    },
  };
}

/**
 * Whoever writes into a file, or puts another in its place, changes one of these. Not the time of its inode, which a
 * hard link changes too: the files of a generation that is appended to would all be read again.
 */
function identityOf({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${size}:${mtimeNs}`;
}
