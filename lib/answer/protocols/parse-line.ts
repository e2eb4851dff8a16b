import type { z } from "zod";
import { failedError } from "../../embedding/providers/provider-errors.ts";

/** One line of a stream as JSON of this shape; `provider-failed` where it is not. */
export function parseLine<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  provider: string,
): z.infer<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw failedError(provider, "a line of the answer is no JSON");
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw failedError(provider, "a line of the answer cannot be read");
  return parsed.data;
}
