import { DomainError } from "../../errors/domain-error.ts";

/** The optional second graph engine; `engine-unavailable` where it could not be compiled at installation. */
export async function loadHnswlib() {
  try {
    return (await import("hnswlib-node")).default;
  } catch (cause) {
    throw new DomainError({
      kind: "unavailable",
      type: "engine-unavailable",
      message: "The graph engine hnswlib is not installed on this machine.",
      remedy: "Use the engine usearch, or install a C++ compiler and run npm install again.",
      cause,
    });
  }
}
