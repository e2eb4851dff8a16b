import path from "node:path";

/** Where everything stands in the data folder. Only `buckets/` and `intents/` must survive; the rest can be deleted. */
export function dataLayout(dataFolder: string) {
  return {
    bucket: path.join(dataFolder, "buckets", "primary"),
    intents: path.join(dataFolder, "intents"),
    uploads: path.join(dataFolder, "uploads"),
    inbox: path.join(dataFolder, "inbox"),
    locks: path.join(dataFolder, "locks"),
    redis: path.join(dataFolder, "redis"),
    fleetLock: path.join(dataFolder, "fleet.lock"),
  };
}

/** A unix socket's path may hold 107 bytes at most, so a deep data folder needs a short stand-in under /tmp. */
export function redisSocket(dataFolder: string): string {
  return path.join(dataLayout(dataFolder).redis, "redis.sock");
}
