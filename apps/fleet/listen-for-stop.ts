export interface StopRequest {
  /** Aborts when the fleet is asked to stop. */
  readonly signal: AbortSignal;
  /** Called when it is asked again: now it must be gone at once. */
  onInsist(act: () => void): void;
}

// Ctrl-C reaches the launcher from the terminal and once more from every npm and shell between; that is one request.
const sameRequestMs = 500;

/** SIGINT, SIGTERM, SIGHUP and the end of the bootstrap that started this process all ask for an orderly stop. */
export function listenForStop(): StopRequest {
  const asked = new AbortController();
  let insist: () => void = () => process.exit(1);
  let askedAt = 0;
  const take = () => {
    if (!asked.signal.aborted) {
      askedAt = performance.now();
      asked.abort();
    } else if (performance.now() - askedAt > sameRequestMs) {
      insist();
    }
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, take);
  if (process.channel) {
    process.once("disconnect", () => {
      if (!asked.signal.aborted) take();
    });
    process.channel.unref();
  }
  return {
    signal: asked.signal,
    onInsist: (act) => {
      insist = act;
    },
  };
}
