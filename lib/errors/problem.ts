import { DomainError, type ErrorKind, type ErrorPlace } from "./domain-error.ts";

/** An RFC 9457 problem document, the one shape in which an error leaves the system. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  field?: string;
  place?: ErrorPlace;
  remedy?: string;
}

const statusByKind: Record<ErrorKind, number> = {
  invalid: 400,
  "not-found": 404,
  conflict: 409,
  forbidden: 403,
  "too-large": 413,
  corrupt: 500,
  cancelled: 409,
  busy: 429,
  unavailable: 503,
  exhausted: 507,
};

const titleByKind: Record<ErrorKind, string> = {
  invalid: "The request is not valid",
  "not-found": "Not found",
  conflict: "The current state forbids this",
  forbidden: "Not allowed",
  "too-large": "Too large",
  corrupt: "Stored data is damaged",
  cancelled: "Cancelled",
  busy: "Too busy",
  unavailable: "Temporarily unavailable",
  exhausted: "Out of space or memory",
};

/** A file whose content cannot be processed is 422; a malformed request is 400. */
const unprocessableTypes = /^((csv|json|pdf|parquet|text|html|upload|extract|vectors)-|contract-broken$)/;

/** Turns any thrown value into a problem document. An unexpected error says nothing of its inside. */
export function problemFrom(error: unknown): Problem {
  if (!(error instanceof DomainError)) {
    return {
      type: "internal",
      title: "Internal error",
      status: 500,
      detail: "Something broke on our side; the log has the details.",
    };
  }
  const unprocessable = error.kind === "invalid" && unprocessableTypes.test(error.type);
  return {
    type: error.type,
    title: titleByKind[error.kind],
    status: unprocessable ? 422 : statusByKind[error.kind],
    detail: error.message,
    ...(error.field === undefined ? {} : { field: error.field }),
    ...(error.place === undefined ? {} : { place: error.place }),
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
  };
}
