import type { LookupAddress } from "node:dns";
import { expect, test } from "vitest";
import { guardedLookup } from "./open-socket.ts";

const nothing = { files: false, sockets: false, linkLocal: false };

function lookUp(host: string, options: object = {}): Promise<string | LookupAddress[]> {
  return new Promise((resolve, reject) => {
    guardedLookup(nothing)(host, options, (error, found) =>
      error === null ? resolve(found) : reject(error),
    );
  });
}

test("a name is resolved as it would be without the guard", async () => {
  expect(["127.0.0.1", "::1"]).toContain(await lookUp("localhost"));
  expect((await lookUp("localhost", { all: true })).length).toBeGreaterThan(0);
});

test("a name that leads to a link-local address is refused where it is resolved", async () => {
  // The system's resolver takes an address for a name of itself.
  await expect(lookUp("169.254.169.254")).rejects.toMatchObject({ type: "dsn-address" });
});
