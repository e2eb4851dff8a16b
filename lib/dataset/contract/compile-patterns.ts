import { withDuckDb } from "../duckdb.ts";
import { duckDbFailure } from "../duckdb-failure.ts";
import { sqlLiteral } from "../sql-quote.ts";
import { contractInvalid } from "./check-contract.ts";
import type { RowContract } from "./row-contract.ts";

/** Patterns are compiled one at a time and matched with nothing. */
const memoryMib = 64;

/** Has every pattern compiled by the engine that will match it; a bad one is `invalid`, `contract-invalid`. */
export async function compilePatterns({ columns }: RowContract): Promise<void> {
  if (columns.every(({ pattern }) => pattern === undefined)) return;
  await withDuckDb({ memoryMib, threads: 1 }, async (connection) => {
    for (const [position, { pattern }] of columns.entries()) {
      if (pattern === undefined) continue;
      try {
        await connection.runAndReadAll(`SELECT regexp_full_match('', ${sqlLiteral(pattern)})`);
      } catch (error) {
        const reason = duckDbFailure(error)?.message;
        if (reason === undefined) throw error;
        throw contractInvalid(
          `contract.columns.${position}.pattern`,
          `${JSON.stringify(pattern)} is no pattern: ${reason}.`,
          "The syntax is that of RE2, without look-ahead and back-references.",
        );
      }
    }
  });
}
