import type { Client } from "pg";
import { z } from "zod";
import type { ServerType } from "./map-type.ts";

const TypeRow = z.object({
  oid: z.number(),
  name: z.string(),
  kind: z.string(),
  category: z.string(),
  base: z.number(),
  modifier: z.number(),
});

/** What the server's catalogue says of the types, each domain followed down to what it is made of. */
export async function readTypes(
  client: Client,
  wanted: readonly { oid: number; modifier: number }[],
): Promise<ServerType[]> {
  const { rows } = await client.query(
    `WITH RECURSIVE found AS (
       SELECT oid, typname, typtype, typcategory, typbasetype, typtypmod FROM pg_type WHERE oid = ANY ($1)
       UNION SELECT t.oid, t.typname, t.typtype, t.typcategory, t.typbasetype, t.typtypmod
       FROM pg_type t JOIN found ON t.oid = found.typbasetype)
     SELECT oid, typname AS name, typtype AS kind, typcategory AS category, typbasetype AS base, typtypmod AS modifier FROM found`,
    [[...new Set(wanted.map(({ oid }) => oid))]],
  );
  const byOid = new Map(
    z
      .array(TypeRow)
      .parse(rows)
      .map((row) => [row.oid, row]),
  );
  return wanted.map(({ oid, modifier }) => {
    let type = byOid.get(oid);
    let size = modifier;
    while (type?.kind === "d") {
      size = type.modifier;
      type = byOid.get(type.base);
    }
    if (type === undefined) throw new Error(`The server does not describe its type ${oid}.`);
    return { name: type.name, kind: type.kind, isArray: type.category === "A", modifier: size };
  });
}
