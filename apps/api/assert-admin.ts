import { createHash, timingSafeEqual } from "node:crypto";
import { DomainError } from "@lakefleet/lib/errors/domain-error.ts";

/**
 * Lets pass whoever sends the admin key as `Authorization: Bearer …`; else `forbidden`, `admin-key-unset` where this
 * fleet has none and `admin-key-wrong` otherwise. Takes as long for a key that is almost right as for any other.
 */
export function assertAdmin(authorization: string | undefined, adminKey: string | undefined): void {
  if (adminKey === undefined) {
    throw forbidden(
      "admin-key-unset",
      "Nobody can do this here: this fleet has no admin key.",
      "Set LAKEFLEET_ADMIN_KEY to 16 characters or more, start the fleet again, and send the key as Authorization: Bearer.",
    );
  }
  const sent = /^Bearer (.+)$/i.exec(authorization ?? "")?.[1] ?? "";
  // Digests are of one length, which the comparison asks for.
  if (timingSafeEqual(digestOf(sent), digestOf(adminKey))) return;
  throw forbidden(
    "admin-key-wrong",
    "This takes the admin key.",
    "Send the key that LAKEFLEET_ADMIN_KEY holds as Authorization: Bearer.",
  );
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function forbidden(type: string, message: string, remedy: string): DomainError {
  return new DomainError({ kind: "forbidden", type, field: "authorization", message, remedy });
}
