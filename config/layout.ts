import { createHash } from "node:crypto";
import os from "node:os";
import path from "node:path";

/** Where everything stands in the data folder. Only `buckets/`, `intents/` and `secrets/` must survive; the rest can be deleted. */
export function dataLayout(dataFolder: string) {
  return {
    bucket: path.join(dataFolder, "buckets", "primary"),
    /** What each provider was paid, day by day: the truth that a flushed Redis is filled from. */
    spend: path.join(dataFolder, "buckets", "primary", "spend"),
    intents: path.join(dataFolder, "intents"),
    uploads: path.join(dataFolder, "uploads"),
    inbox: path.join(dataFolder, "inbox"),
    /** One file for each secret, mode 0600. */
    secrets: path.join(dataFolder, "secrets"),
    locks: path.join(dataFolder, "locks"),
    /** How busy each serving process is, for background work to make room. */
    load: path.join(dataFolder, "load"),
    logs: path.join(dataFolder, "logs"),
    redis: path.join(dataFolder, "redis"),
    /** Who holds the folder: process, address, since when. A note for people; the lock itself is the kernel's. */
    holder: path.join(dataFolder, "fleet.json"),
  };
}

// Asked once, so that the socket stays where it is when a process gives its engines a temporary folder of their own.
const temporaryFolder = os.tmpdir();

// `sun_path` holds 108 bytes on Linux and 104 on macOS, the closing zero among them.
const socketBytesMax = 103;

/** The private Redis listens here. A socket's path must be short, so a deep data folder gets a stand-in under /tmp. */
export function redisSocket(dataFolder: string): string {
  const inside = path.join(dataLayout(dataFolder).redis, "redis.sock");
  if (Buffer.byteLength(inside) <= socketBytesMax) return inside;
  const digest = createHash("sha256").update(dataFolder).digest("hex").slice(0, 16);
  return path.join(temporaryFolder, `lakefleet-${digest}`, "redis.sock");
}
