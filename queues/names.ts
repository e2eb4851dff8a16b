import { z } from "zod";

/** Names become folder names and job ids, so they hold nothing that a file system or a queue could misread. */
const slug = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9_-]{0,62}$/,
    "lower-case letters, digits, - and _; at most 63 characters; begins with a letter or digit",
  );

export const DatasetName = slug;
export const IndexName = slug;
export const EvalSetName = slug;
export const ProfileId = slug;
/** Time-ordered and unique: the id of one accepted request, and of every job that follows from it. */
export const IntentId = z.string().regex(/^[a-z0-9]{10,40}$/);
