/**
 * Loaded before every child's own code (`node --import`): a child whose launcher is gone, also by `kill -9`, leaves at
 * once, so that no worker goes on without the Redis and the gateway that it belongs to. A child's own forks inherit it.
 */
if (process.channel) {
  process.once("disconnect", () => process.exit(1));
  // The listener would keep the process alive after its work is done.
  process.channel.unref();
}
