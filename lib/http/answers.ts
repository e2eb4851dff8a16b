import type { z } from "@hono/zod-openapi";
import { ProblemSchema } from "./problem-schema.ts";

/** The `responses` of a route that answers one JSON shape, and a problem document otherwise. */
export function answers<Status extends 200 | 202, Schema extends z.ZodType>(
  status: Status,
  schema: Schema,
  description: string,
) {
  const success = { description, content: { "application/json": { schema } } };
  const problem = {
    description: "A problem",
    content: { "application/problem+json": { schema: ProblemSchema } },
  };
  return { [status]: success, default: problem } as Record<Status, typeof success> & {
    default: typeof problem;
  };
}

/** The `request.body` of a route that takes one JSON object. */
export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { required: true, content: { "application/json": { schema } } };
}
