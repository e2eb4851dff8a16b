import { z } from "zod";

const Name = z.string().min(1).max(1_000);

/** Which columns of a foreign file are what. */
export const VectorColumns = z.strictObject({
  vector: Name,
  /** Absent: the row's number, from 0. */
  id: Name.optional(),
  /** Absent: the id, so that words still find something. */
  text: Name.optional(),
  metadata: z.array(Name).max(256),
});
export type VectorColumns = z.infer<typeof VectorColumns>;
