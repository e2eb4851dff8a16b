import { setTimeout as pause } from "node:timers/promises";
import { DomainError } from "../errors/domain-error.ts";

/** Waits of 0.2, 0.4, … 6.4 s: long enough for a server to restart. What takes longer, the queue waits for. */
export const reconnectsMax = 6;
const firstWaitMs = 200;

/** Whether a new connection may go better. */
export function isCut(error: unknown): boolean {
  return error instanceof DomainError && error.type === "database-unreachable";
}

export function waitToReconnect(cuts: number, signal: AbortSignal | undefined): Promise<void> {
  return pause(firstWaitMs * 2 ** cuts, undefined, signal === undefined ? {} : { signal });
}
