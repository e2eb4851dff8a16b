import { DomainError } from "../errors/domain-error.ts";
import { type Certificate, readCertificate } from "../generation/certificate.ts";
import type { ObjectStore } from "../storage/object-store.ts";

/** A damaged certificate proves nothing, so the generation is gated as if there were none. */
export async function findCertificate(
  store: ObjectStore,
  index: string,
  generation: string,
): Promise<Certificate | undefined> {
  try {
    return await readCertificate(store, index, generation);
  } catch (error) {
    if (error instanceof DomainError && error.kind === "corrupt") return undefined;
    throw error;
  }
}
