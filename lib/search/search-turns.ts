/** Hands out turns of the event loop to work that holds it. */
export interface SearchTurns {
  /** Resolves once it is the caller's turn; undefined where that is now. */
  take(): Promise<void> | undefined;
}

/**
 * One search in each turn of the event loop, first come first served. Searches hold the loop for a millisecond or more
 * and arrive several at once: done together, they would hold up each step of whatever else is under way, such as a
 * promotion that writes and syncs a few files one after the other, by all of them.
 */
export function createSearchTurns(): SearchTurns {
  const waiting: (() => void)[] = [];
  let taken = false;
  const next = () => {
    const begin = waiting.shift();
    taken = begin !== undefined;
    if (begin === undefined) return;
    setImmediate(next);
    begin();
  };
  return {
    take() {
      if (taken) return new Promise((resolve) => waiting.push(resolve));
      taken = true;
      setImmediate(next);
      return undefined;
    },
  };
}
