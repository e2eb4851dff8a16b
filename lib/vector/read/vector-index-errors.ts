import { DomainError } from "../../errors/domain-error.ts";

/** A file of the index is missing, cut short, or not what the manifest says. */
export function damagedIndex(message: string, cause?: unknown): DomainError {
  return new DomainError({
    kind: "corrupt",
    type: "vector-index-damaged",
    message,
    remedy: "Roll back to another generation, or build this one again.",
    cause,
  });
}

/** The index was closed while a search was under way or before it came. */
export function closedIndex(): DomainError {
  return new DomainError({
    kind: "unavailable",
    type: "vector-index-closed",
    message: "This generation has been closed; another one has taken its place.",
    remedy: "Send the search again.",
    retryAfterSeconds: 1,
  });
}
