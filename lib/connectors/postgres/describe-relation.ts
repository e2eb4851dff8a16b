import type { Client, QueryConfig, QueryResult } from "pg";
import { z } from "zod";
import { uniqueNames } from "../../extract/unique-names.ts";
import { relationMissing } from "../database-error.ts";
import type { DatabaseRelation } from "../database-source.ts";
import { splitRelationName } from "../relation-name.ts";
import type { ServerType } from "./map-type.ts";
import { readTypes } from "./read-types.ts";

export interface DescribedColumn {
  name: string;
  /** Ready for a SELECT list. */
  sql: string;
  type: ServerType;
}

/** What rows are read from, and what columns it has. */
export interface DescribedRelation {
  /** Ready for a FROM. */
  fromSql: string;
  columns: DescribedColumn[];
  /** Of a table whose primary key is one column. */
  primaryKey: string | undefined;
}

/** Statements in which the client's query stands; a server's error counts its place from their beginning. */
export const checkPrefix = "PREPARE lakefleet_check AS\n";
export const describePrefix = "SELECT * FROM (\n";

/** Finds the table in the server's own catalogue, or lets the server describe the query. */
export function describeRelation(client: Client, from: DatabaseRelation): Promise<DescribedRelation> {
  return "table" in from ? describeTable(client, from.table) : describeQuery(client, from.query);
}

async function describeQuery(client: Client, text: string): Promise<DescribedRelation> {
  const query = trimQuery(text);
  const fields = await describeFields(client, `${describePrefix}${query}\n) AS source`);
  const names = uniqueNames(fields.map(({ name }) => name));
  const aliases = fields.map((_, at) => `c${at}`).join(", ");
  return {
    fromSql: `(\n${query}\n) AS source(${aliases})`,
    columns: fields.map(({ type }, at) => ({ name: names[at]!, sql: `source.c${at}`, type })),
    primaryKey: undefined,
  };
}

/**
 * Refuses what is no single statement that gives rows. One whole statement cannot end the parentheses that it is put
 * into later; the extended protocol takes no two.
 */
export async function checkQuery(client: Client, text: string): Promise<void> {
  await runAlone(client, `${checkPrefix}${trimQuery(text)}`);
}

function trimQuery(text: string): string {
  return text.replace(/[\s;]+$/, "");
}

const FoundTable = z.object({ oid: z.number(), schema: z.string(), table: z.string() });
const FoundKey = z.object({ column: z.string() });

async function describeTable(client: Client, name: string): Promise<DescribedRelation> {
  const { schema, table } = splitRelationName(name);
  // Exactly as written first, else in the lower case that the server gives to names without quotes.
  const found = await client.query(
    `SELECT c.oid, n.nspname AS schema, c.relname AS table FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relname IN ($1::text, lower($1::text)) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
       AND CASE WHEN $2::text IS NULL THEN pg_table_is_visible(c.oid) ELSE n.nspname IN ($2::text, lower($2::text)) END
     ORDER BY c.relname = $1::text DESC, n.nspname = $2::text DESC LIMIT 1`,
    [table, schema ?? null],
  );
  const row = FoundTable.safeParse(found.rows[0]).data;
  if (row === undefined) throw relationMissing(name);
  const fromSql = `${client.escapeIdentifier(row.schema)}.${client.escapeIdentifier(row.table)} AS source`;
  const fields = await describeFields(client, `SELECT * FROM ${fromSql}`);
  const names = uniqueNames(fields.map((field) => field.name));
  const keys = await client.query(
    `SELECT a.attname AS column FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
     WHERE i.indrelid = $1 AND i.indisprimary`,
    [row.oid],
  );
  return {
    fromSql,
    columns: fields.map((field, at) => ({
      name: names[at]!,
      sql: `source.${client.escapeIdentifier(field.name)}`,
      type: field.type,
    })),
    primaryKey: keys.rows.length === 1 ? FoundKey.parse(keys.rows[0]).column : undefined,
  };
}

async function describeFields(client: Client, sql: string): Promise<{ name: string; type: ServerType }[]> {
  const { fields } = await runAlone(client, `${sql} LIMIT 0`);
  const types = await readTypes(
    client,
    fields.map(({ dataTypeID: oid, dataTypeModifier: modifier }) => ({ oid, modifier })),
  );
  return fields.map(({ name }, at) => ({ name, type: types[at]! }));
}

/** By the extended protocol, which takes one statement and no second one after it. */
function runAlone(client: Client, text: string): Promise<QueryResult> {
  const query: QueryConfig & { queryMode: "extended" } = { text, queryMode: "extended" };
  return client.query(query);
}
