/** What went wrong, seen from the caller: it decides the HTTP status, the exit code, and whether a retry can help. */
export type ErrorKind =
  | "invalid" // the caller's input; never retried
  | "not-found"
  | "conflict" // the state forbids it; never retried by itself
  | "forbidden"
  | "too-large"
  | "corrupt" // stored data fails its checksum or its schema; never retried
  | "cancelled"
  | "busy" // a limit is reached; retry later
  | "unavailable" // a service or file is out of reach; retry later
  | "exhausted"; // no disk or memory left; retry later

/** Where in the caller's input the offending value stands. Rows and lines count from 1, bytes from 0. */
export interface ErrorPlace {
  file?: string;
  line?: number;
  row?: number;
  byte?: number;
  column?: string;
}

export interface DomainErrorDetails {
  kind: ErrorKind;
  /** Stable slug, part of the public interface: `dataset-name`, `csv-row`, `queue-full`. */
  type: string;
  /** One sentence that says what is wrong, with the value's place where there is one. */
  message: string;
  /** The field of the request or of the configuration that holds the offending value. */
  field?: string | undefined;
  place?: ErrorPlace | undefined;
  /** What the person can do about it, one sentence. */
  remedy?: string | undefined;
  /** With `busy` and `unavailable`: when a retry has a chance. */
  retryAfterSeconds?: number | undefined;
  cause?: unknown;
}

/** The one error class that `lib` throws on purpose. Anything else that escapes is a defect, and is retried. */
export class DomainError extends Error {
  readonly kind: ErrorKind;
  readonly type: string;
  readonly field: string | undefined;
  readonly place: ErrorPlace | undefined;
  readonly remedy: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(details: DomainErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "DomainError";
    this.kind = details.kind;
    this.type = details.type;
    this.field = details.field;
    this.place = details.place;
    this.remedy = details.remedy;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }

  /** Whether doing the same thing again could end differently. */
  get retryable(): boolean {
    return this.kind === "busy" || this.kind === "unavailable" || this.kind === "exhausted";
  }
}
