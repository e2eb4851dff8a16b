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
  const subscriber = options.redis.duplicate();
  subscriber.on("message", options.onCancel);
  subscriber.on("error", options.onError);
  let open = true;
  // Not awaited: where Redis is away, the subscription is made when it comes back.
  subscriber.subscribe(channel).catch((error: unknown) => {
    if (open) options.onError(error);
  });
  return {
    close() {
      open = false;
      subscriber.disconnect();
    },
  };
}
