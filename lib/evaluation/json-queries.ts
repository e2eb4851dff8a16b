import { z } from "zod";
import { DomainError } from "../errors/domain-error.ts";
import { type EvalQuery, judgementsMax, QueryFields, queriesMax } from "./eval-set.ts";

/** The queries of a set as a person writes them. */
export const JsonQueries = z
  .array(QueryFields.extend({ vector: z.array(z.number()).min(1).max(65_536).optional() }))
  .min(1)
  .max(queriesMax);
export type JsonQueries = z.infer<typeof JsonQueries>;

/** Checks what a schema cannot say; `invalid`, `eval-query`, with the place of the query, counted from 0 as in JSON. */
export function jsonQueries(queries: JsonQueries): EvalQuery[] {
  const ids = new Set<string>();
  const dimension = queries.find(({ vector }) => vector !== undefined)?.vector?.length;
  return queries.map(({ vector, ...query }, place) => {
    const refuse = (field: string, problem: string) => invalidQuery(place, field, `${problem}`);
    if (ids.has(query.id)) throw refuse("id", `the id ${JSON.stringify(query.id)} is there twice`);
    ids.add(query.id);
    if (vector === undefined && (query.text ?? "").trim() === "") {
      throw refuse("text", "there is neither a text nor a vector");
    }
    if (Object.keys(query.judgements ?? {}).length > judgementsMax) {
      throw refuse("judgements", `there are more than ${judgementsMax} judgements`);
    }
    if (vector === undefined) return query;
    if (vector.length !== dimension) {
      throw refuse("vector", `the vector has ${vector.length} values, an earlier one ${dimension}`);
    }
    return { ...query, vector: checkVector(vector, refuse) };
  });
}

function checkVector(
  values: readonly number[],
  refuse: (field: string, problem: string) => DomainError,
): Float32Array {
  const vector = Float32Array.from(values);
  const square = vector.reduce((sum, value) => sum + value * value, 0);
  if (square > 0 && Number.isFinite(square)) return vector;
  throw refuse("vector", "the vector is zero, or holds a value that 32 bits cannot hold");
}

function invalidQuery(place: number, field: string, problem: string): DomainError {
  return new DomainError({
    kind: "invalid",
    type: "eval-query",
    field: `queries.${place}.${field}`,
    message: `Query ${place} is not valid: ${problem}.`,
    remedy: "Queries count from 0. Each needs an id of its own, and a text, a vector, or both.",
  });
}
