import { z } from "@hono/zod-openapi";

/** RFC 9457, with the members every problem of ours may carry. */
export const ProblemSchema = z
  .object({
    type: z.string().openapi({ description: "Stable slug; safe to switch on", example: "dataset-missing" }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    field: z.string().optional(),
    place: z
      .object({
        file: z.string().optional(),
        line: z.int().optional(),
        row: z.int().optional(),
        byte: z.int().optional(),
        column: z.string().optional(),
      })
      .optional(),
    remedy: z.string().optional(),
  })
  .openapi("Problem");
