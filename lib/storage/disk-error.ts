import { DomainError } from "../errors/domain-error.ts";
import { hasCode } from "./error-code.ts";

/** Gives a full disk its name (`exhausted`, `disk-full`); every other error is returned as it is. */
export function diskError(error: unknown): unknown {
  if (!hasCode(error, "ENOSPC", "EDQUOT")) return error;
  return new DomainError({
    kind: "exhausted",
    type: "disk-full",
    message: "The disk is full; nothing was half-written.",
    remedy: "Free some space on the disk of the data folder and try again.",
    retryAfterSeconds: 60,
    cause: error,
  });
}
