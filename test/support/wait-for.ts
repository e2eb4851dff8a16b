import { setTimeout as pause } from "node:timers/promises";

/** What is there soon is found soon; what takes seconds is not asked so often that asking takes the time it needs. */
const askAgainMs = (waitedMs: number) => Math.min(100, Math.max(10, waitedMs / 10));

/** Waits until the condition gives something true and gives that; fails with what was waited for after the deadline. */
export async function waitFor<T>(
  what: string,
  deadlineMs: number,
  condition: () => T | Promise<T>,
): Promise<NonNullable<T>> {
  const startedAt = performance.now();
  for (;;) {
    const value = await condition();
    if (value) return value;
    const waitedMs = performance.now() - startedAt;
    if (waitedMs > deadlineMs) throw new Error(`Waited ${deadlineMs} ms in vain for ${what}.`);
    await pause(askAgainMs(waitedMs));
  }
}
