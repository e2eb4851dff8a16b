import type { Connection } from "mysql2";
import { TypeTooNarrow } from "../column-plan.ts";
import { rowBytesMax, rowTooLarge } from "../database-error.ts";
import type { DatabaseSession, RowSelection } from "../database-session.ts";
import type { DatabaseSource } from "../database-source.ts";
import type { AllowedAddresses } from "../dsn.ts";
import type { RowStage } from "../row-stage.ts";
import { closeMysql, openMysql, untilClosed } from "./connect.ts";
import { checkQuery, type DescribedRelation, describeRelation, linesBefore } from "./describe-relation.ts";
import { planColumn } from "./map-type.ts";
import { mysqlError } from "./mysql-error.ts";
import { streamRows } from "./stream-rows.ts";

/** Connects, checks what is to be read, and describes it. Throws domain errors only. */
export async function openMysqlSession(
  source: DatabaseSource,
  allowed: AllowedAddresses,
): Promise<DatabaseSession> {
  const { address, from, timeoutMs } = source;
  const attempt = async <T>(task: Promise<T>, lineOffset?: number): Promise<T> => {
    try {
      return await task;
    } catch (error) {
      throw mysqlError(error, address, lineOffset);
    }
  };
  const connection = await attempt(openMysql({ address, allowed, timeoutMs }));
  const zeroDates = new Map<string, number>();
  try {
    if ("query" in from) await attempt(untilClosed(connection, checkQuery(connection, from.query)), 0);
    const relation = await attempt(untilClosed(connection, describeRelation(connection, from)), linesBefore);
    return {
      columns: relation.columns,
      primaryKey: relation.primaryKey,
      plan(name, wider) {
        const column = relation.columns.find((one) => one.name === name)!;
        const onZeroDate = () => void zeroDates.set(name, (zeroDates.get(name) ?? 0) + 1);
        return planColumn(column.server, column.sql, wider, onZeroDate);
      },
      read: (selection, stage, onRows) =>
        attempt(untilClosed(connection, readRows({ connection, relation, selection, stage, onRows }))),
      notes: () => [...zeroDates].map(([column, count]) => ({ column, reason: "zero-date", count })),
      close: async () => closeMysql(connection),
    };
  } catch (error) {
    closeMysql(connection);
    throw error;
  }
}

interface RowsJob {
  connection: Connection;
  relation: DescribedRelation;
  selection: RowSelection;
  stage: RowStage;
  onRows: () => void;
}

function readRows({ connection, relation, selection, stage, onRows }: RowsJob): Promise<void> {
  const { buffers } = stage;
  const decoders = selection.columns.map(({ decode }) => decode);
  return streamRows(connection, selectSql(connection, relation, selection), (bytes, start, end) => {
    if (end - start > rowBytesMax) throw rowTooLarge(end - start);
    const { row } = stage;
    let at = start;
    let column = 0;
    try {
      for (; column < decoders.length; column += 1) {
        let length = bytes[at]!;
        at += 1;
        if (length === 0xfb) {
          buffers[column]!.setNull(row);
          continue;
        }
        if (length > 0xfb) {
          const width = length === 0xfc ? 2 : length === 0xfd ? 3 : 8;
          length = width === 8 ? Number(bytes.readBigUInt64LE(at)) : bytes.readUIntLE(at, width);
          at += width;
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
  });
}

function selectSql(connection: Connection, { fromSql }: DescribedRelation, selection: RowSelection): string {
  const { columns, from, orderBy, limit } = selection;
  const where =
    from === undefined ? "" : `WHERE ${from.sql} >= ${connection.escape(from.value)} OR ${from.sql} IS NULL`;
  const order = orderBy.map(({ sql, descending }) => `${sql}${descending ? " DESC" : ""}`).join(", ");
  return [
    `SELECT ${columns.map(({ sql }) => sql).join(", ")} FROM ${fromSql}`,
    where,
    order === "" ? "" : `ORDER BY ${order}`,
    limit === undefined ? "" : `LIMIT ${Math.trunc(limit)}`,
  ].join(" ");
}
