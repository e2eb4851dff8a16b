import { constants } from "node:os";
import { DomainError } from "../errors/domain-error.ts";

/** An engine error, read from the JSON that `errors_as_json` puts in its message. */
export interface DuckDbFailure {
  /** The engine's exception type: `IO`, `Conversion`, `Invalid Input`, `Out of Memory`, … */
  type: string;
  message: string;
  /** The operating system's error number where one is behind it. */
  errno?: number;
}

/** What the engine says went wrong; undefined where the error is not the engine's. */
export function duckDbFailure(error: unknown): DuckDbFailure | undefined {
  if (!(error instanceof Error) || error instanceof DomainError) return undefined;
  // Errors of the parser carry a prefix before the JSON.
  return failureFrom(parseJson(error.message.slice(error.message.indexOf("{"))));
}

/** By hand, because children that read one file and end load this, and zod would be the half of what they load. */
function failureFrom(value: unknown): DuckDbFailure | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { exception_type: type, exception_message: message, errno }: Record<string, unknown> = { ...value };
  if (typeof type !== "string" || typeof message !== "string") return undefined;
  return { type, message, ...(errno === undefined ? {} : { errno: Number(errno) }) };
}

/** Full disk and full memory become `exhausted`; any other engine error becomes a plain error with readable text. */
export function translateDuckDbError(error: unknown): unknown {
  const failure = duckDbFailure(error);
  if (failure === undefined) return error;
  const { ENOSPC, EDQUOT } = constants.errno;
  if (failure.errno === ENOSPC || failure.errno === EDQUOT) {
    return new DomainError({
      kind: "exhausted",
      type: "disk-full",
      message: "The disk is full.",
      remedy: "Free some space and try again.",
      cause: error,
    });
  }
  if (failure.type === "Out of Memory") {
    return new DomainError({
      kind: "exhausted",
      type: "engine-memory",
      message: "The query engine ran out of the memory or the temporary space that it may use.",
      remedy: "Raise LAKEFLEET_INGEST_MEMORY_MIB or free some disk space.",
      cause: error,
    });
  }
  return new Error(`${failure.type}: ${failure.message}`, { cause: error });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
