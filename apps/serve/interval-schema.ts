import { z } from "@hono/zod-openapi";

export const IntervalSchema = z
  .object({ expected: z.number(), low: z.number(), high: z.number() })
  .openapi("Interval", { description: "What is expected, and between what it lies by 95 %" });
