import { handledElsewhere } from "../errors/handled-elsewhere.ts";
import { callCancelled, callTimedOut } from "./guard-errors.ts";

/**
 * Runs the task with a signal that is aborted by the caller's or after the time limit. Then it is over for the caller
 * at once, whether or not the task listens: `cancelled`, or `unavailable`, `provider-failed`.
 */
export async function runCall<T>(
  task: (signal: AbortSignal) => Promise<T>,
  limits: { provider: string; timeoutMs: number; signal: AbortSignal | undefined },
): Promise<T> {
  const { provider, timeoutMs, signal } = limits;
  if (signal?.aborted) throw callCancelled(signal.reason);
  const controller = new AbortController();
  const ended = Promise.withResolvers<never>();
  handledElsewhere(ended.promise);
  const stop = (error: Error) => {
    controller.abort(error);
    ended.reject(error);
  };
  const onAbort = () => stop(callCancelled(signal?.reason));
  const timer = setTimeout(() => stop(callTimedOut(provider, timeoutMs)), timeoutMs);
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    const running = task(controller.signal);
    handledElsewhere(running);
    return await Promise.race([running, ended.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}
