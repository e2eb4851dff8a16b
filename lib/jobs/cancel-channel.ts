import type { Redis } from "ioredis";
import { keyPrefix } from "./job-envelope.ts";

const channel = `${keyPrefix}:cancelled`;

/** Wakes every worker, so that it looks into the intent log now and not at its next round. */
export async function announceCancel(redis: Redis, intent: string): Promise<void> {
  await redis.publish(channel, intent);
}

/** Calls `onCancel` for each announcement over a connection of its own, until closed. A lost one is not repeated. */
export function listenForCancel(options: {
  redis: Redis;
  onCancel: () => void;
  onError: (error: unknown) => void;
}): { close(): void } {
  // It subscribes by itself, since nobody would catch what becomes of the engine's own try when this is closed meanwhile.
  const subscriber = options.redis.duplicate({ autoResubscribe: false });
  let open = true;
  subscriber.on("message", options.onCancel);
  subscriber.on("error", options.onError);
  subscriber.on("ready", () => {
    subscriber.subscribe(channel).catch((error: unknown) => {
      if (open) options.onError(error);
    });
  });
  return {
    close() {
      open = false;
      subscriber.disconnect();
    },
  };
}
