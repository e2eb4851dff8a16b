import { setTimeout as pause } from "node:timers/promises";

const askEveryMs = 25;

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
    if (performance.now() - startedAt > deadlineMs)
      throw new Error(`Waited ${deadlineMs} ms in vain for ${what}.`);
    await pause(askEveryMs);
  }
}
