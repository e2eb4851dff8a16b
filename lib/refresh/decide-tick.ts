export type TickDecision =
  /** Do the work of this tick, then remember it. */
  | { kind: "fire"; tick: number }
  /** Remember this time without any work: the remembered one lies ahead, so the clock was set back. */
  | { kind: "reset"; tick: number }
  | { kind: "wait" };

/**
 * What the latest tick asks for. Of several that were missed only the latest counts; one that was handled never counts
 * again, whatever the clock does.
 */
export function decideTick(facts: { tick: number; handled: number; now: number }): TickDecision {
  const { tick, handled, now } = facts;
  if (handled > now) return { kind: "reset", tick: now };
  return tick > handled ? { kind: "fire", tick } : { kind: "wait" };
}
