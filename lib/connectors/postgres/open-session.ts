import type { Client } from "pg";
import { TypeTooNarrow } from "../column-plan.ts";
import type { DatabaseSession, RowSelection } from "../database-session.ts";
import type { DatabaseSource } from "../database-source.ts";
import type { AllowedAddresses } from "../dsn.ts";
import type { RowStage } from "../row-stage.ts";
import { closePostgres, openPostgres } from "./connect.ts";
import { CopyOut } from "./copy-out.ts";
import {
  checkPrefix,
  checkQuery,
  type DescribedRelation,
  describePrefix,
  describeRelation,
} from "./describe-relation.ts";
import { planColumn } from "./map-type.ts";
import { postgresError } from "./postgres-error.ts";

/** Connects, checks what is to be read, and describes it. Throws domain errors only. */
export async function openPostgresSession(
  source: DatabaseSource,
  allowed: AllowedAddresses,
): Promise<DatabaseSession> {
  const { address, from, timeoutMs } = source;
  const attempt = async <T>(task: Promise<T>, queryOffset?: number): Promise<T> => {
    try {
      return await task;
    } catch (error) {
      throw postgresError(error, address, queryOffset);
    }
  };
  const client = await attempt(openPostgres({ address, allowed, timeoutMs }));
  try {
    if ("query" in from) await attempt(checkQuery(client, from.query), checkPrefix.length);
    const relation = await attempt(
      describeRelation(client, from),
      "query" in from ? describePrefix.length : undefined,
    );
    return {
      columns: relation.columns,
      primaryKey: relation.primaryKey,
      plan(name, wider) {
        const column = relation.columns.find((one) => one.name === name)!;
        return planColumn(name, column.sql, column.type, wider);
      },
      read: (selection, stage, onRows) => attempt(copyRows({ client, relation, selection, stage, onRows })),
      notes: () => [],
      close: () => closePostgres(client),
    };
  } catch (error) {
    await closePostgres(client);
    throw error;
  }
}

interface CopyJob {
  client: Client;
  relation: DescribedRelation;
  selection: RowSelection;
  stage: RowStage;
  onRows: () => void;
}

async function copyRows({ client, relation, selection, stage, onRows }: CopyJob): Promise<void> {
  const { buffers } = stage;
  const decoders = selection.columns.map(({ decode }) => decode);
  const onTuple = (bytes: Buffer, start: number, end: number) => {
    const { row } = stage;
    let at = start + 2;
    let column = 0;
    try {
      for (; column < decoders.length; column += 1) {
        const length = bytes.readInt32BE(at);
        at += 4;
        if (length < 0) {
          buffers[column]!.setNull(row);
          continue;
        }
        decoders[column]!(buffers[column]!, row, bytes, at, at + length);
        at += length;
      }
    } catch (error) {
      if (error instanceof TypeTooNarrow) error.column = selection.columns[column]!.column.name;
      throw error;
    }
    stage.endRow(end - start);
    if (stage.row === 0) onRows();
  };
  const copy = new CopyOut(
    `COPY (${selectSql(client, relation, selection)}) TO STDOUT (FORMAT binary)`,
    onTuple,
  );
  client.query(copy);
  await copy.done;
}

function selectSql(client: Client, { fromSql }: DescribedRelation, selection: RowSelection): string {
  const { columns, from, orderBy, limit } = selection;
  const where =
    from === undefined
      ? ""
      : `WHERE ${from.sql} >= ${client.escapeLiteral(from.value)} OR ${from.sql} IS NULL`;
  const order = orderBy.map(({ sql, descending }) => `${sql}${descending ? " DESC" : ""}`).join(", ");
  return [
    `SELECT ${columns.map(({ sql }) => sql).join(", ")} FROM ${fromSql}`,
    where,
    order === "" ? "" : `ORDER BY ${order}`,
    limit === undefined ? "" : `LIMIT ${Math.trunc(limit)}`,
  ].join(" ");
}
