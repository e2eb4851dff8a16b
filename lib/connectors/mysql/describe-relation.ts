import type { Connection, FieldPacket } from "mysql2";
import { escapeId } from "mysql2";
import { uniqueNames } from "../../extract/unique-names.ts";
import { relationMissing } from "../database-error.ts";
import type { DatabaseRelation } from "../database-source.ts";
import { splitRelationName } from "../relation-name.ts";
import { ask } from "./connect.ts";
import type { ServerColumn } from "./map-type.ts";

/** What rows are read from, and what columns it has. */
export interface DescribedRelation {
  /** Ready for a FROM. */
  fromSql: string;
  columns: { name: string; sql: string; server: ServerColumn }[];
  primaryKey: string | undefined;
}

/** The client's query begins on the second line of the statement that it is put into. */
export const linesBefore = 1;

export function describeRelation(connection: Connection, from: DatabaseRelation): Promise<DescribedRelation> {
  return "table" in from ? describeTable(connection, from.table) : describeQuery(connection, from.query);
}

/**
 * Refuses what is no single statement: one whole statement cannot end the parentheses that it is put into later. The
 * server takes no second one after it, and runs nothing here.
 */
export function checkQuery(connection: Connection, query: string): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.prepare(trimQuery(query), (error, statement) => {
      if (error) return reject(error);
      statement.close();
      resolve();
    });
  });
}

async function describeQuery(connection: Connection, query: string): Promise<DescribedRelation> {
  const fromSql = `(\n${trimQuery(query)}\n) AS source`;
  return { fromSql, columns: await describeColumns(connection, fromSql), primaryKey: undefined };
}

function trimQuery(text: string): string {
  return text.replace(/[\s;]+$/, "");
}

async function describeTable(connection: Connection, name: string): Promise<DescribedRelation> {
  const { schema, table } = splitRelationName(name);
  const [found] = await ask(
    connection,
    `SELECT table_schema, table_name FROM information_schema.tables
     WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ?`,
    [schema ?? null, table],
  );
  if (found === undefined) throw relationMissing(name);
  const [foundSchema, foundTable] = found.map(String);
  const fromSql = `${escapeId(foundSchema!, true)}.${escapeId(foundTable!, true)} AS source`;
  const keys = await ask(
    connection,
    `SELECT column_name FROM information_schema.key_column_usage
     WHERE constraint_name = 'PRIMARY' AND table_schema = ? AND table_name = ?`,
    [foundSchema, foundTable],
  );
  return {
    fromSql,
    columns: await describeColumns(connection, fromSql),
    primaryKey: keys.length === 1 ? String(keys[0]![0]) : undefined,
  };
}

async function describeColumns(
  connection: Connection,
  fromSql: string,
): Promise<DescribedRelation["columns"]> {
  const fields = await new Promise<FieldPacket[]>((resolve, reject) => {
    connection.query(`SELECT * FROM ${fromSql} LIMIT 0`, (error, _rows, described) =>
      error === null ? resolve(described) : reject(error),
    );
  });
  const names = uniqueNames(fields.map(({ name }) => name));
  return fields.map((field, at) => ({
    name: names[at]!,
    sql: `source.${escapeId(field.name, true)}`,
    server: {
      ...(field as unknown as ServerColumn),
      ...pick(field as unknown as ServerColumn),
      name: names[at]!,
    },
  }));
}

/** The driver keeps some of these on the prototype, where copying an object does not find them. */
function pick(field: ServerColumn): Omit<ServerColumn, "name"> {
  const { columnType, columnLength, decimals, flags, characterSet, extendedTypeName, extendedFormat } = field;
  return { columnType, columnLength, decimals, flags, characterSet, extendedTypeName, extendedFormat };
}
