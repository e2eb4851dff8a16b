import { z } from "zod";

const valuesMax = 65_536;

/** Checked in one go: a schema run for each of 768 numbers takes longer than fetching the hits. */
export const VectorValues = z
  .custom<number[]>(Array.isArray, "Invalid input: expected array")
  .superRefine((values, context) => {
    if (values.length < 1 || values.length > valuesMax) {
      context.addIssue(`A vector has 1 to ${valuesMax} values, not ${values.length}`);
      return;
    }
    const place = values.findIndex((value) => !Number.isFinite(value));
    if (place !== -1)
      context.addIssue({ code: "custom", path: [place], message: "Invalid input: expected a finite number" });
  })
  .meta({ type: "array", items: { type: "number" }, minItems: 1, maxItems: valuesMax });
