import { DomainError } from "../../errors/domain-error.ts";
import type { Commit } from "../../storage/commit-record.ts";
import type { ActiveGeneration } from "../active-log.ts";

/** What could not be done while an older generation goes on serving. */
export interface ServingFailure {
  generation: string | undefined;
  type: string;
  message: string;
  at: string;
}

/** What one index knows of activations that it could not open. */
export interface OpenFailures {
  report(generation: string | undefined, cause: unknown): void;
  /** Tells of it, and leaves the status alone: nobody asked for what failed. */
  reportOnly(generation: string | undefined, cause: unknown): void;
  /** Reports that an activation did not open, once in a while however many searches run into it. */
  note(activation: Commit<ActiveGeneration>, cause: unknown): void;
  isKnown(activation: Commit<ActiveGeneration>): boolean;
  /** True for one caller at a time once the last try is long enough ago. */
  claimRetry(): boolean;
  /** The activation of this number has opened, so what failed up to it matters no more. */
  clear(number: number): void;
  last(): ServingFailure | undefined;
}

/** An activation that failed to open is tried again after this, beside the searches that the old one answers. */
const retryMs = 5_000;

export function trackOpenFailures(options: {
  index: string;
  onOpenFailed(failure: ServingFailure & { index: string }, cause: unknown): void;
}): OpenFailures {
  let failure: ServingFailure | undefined;
  let failedNumber = 0;
  let retryAt = 0;
  const reportOnly = (generation: string | undefined, cause: unknown): ServingFailure => {
    const type = cause instanceof DomainError ? cause.type : "internal";
    const message = cause instanceof Error ? cause.message : String(cause);
    const found = { generation, type, message, at: new Date().toISOString() };
    options.onOpenFailed({ index: options.index, ...found }, cause);
    return found;
  };
  const report = (generation: string | undefined, cause: unknown) => {
    failure = reportOnly(generation, cause);
  };
  return {
    report,
    reportOnly,
    note(activation, cause) {
      if (failedNumber === activation.number && performance.now() < retryAt) return;
      failedNumber = activation.number;
      retryAt = performance.now() + retryMs;
      report(activation.document.generation, cause);
    },
    isKnown: (activation) => failedNumber === activation.number,
    claimRetry() {
      if (performance.now() < retryAt) return false;
      retryAt = performance.now() + retryMs;
      return true;
    },
    clear(number) {
      if (failedNumber <= number) failure = undefined;
    },
    last: () => failure,
  };
}
