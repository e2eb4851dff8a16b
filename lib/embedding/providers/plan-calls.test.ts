import fc from "fast-check";
import { expect, test } from "vitest";
import { planCalls } from "./plan-calls.ts";

test("every text is in one call, in order, within both limits, and a long one is alone", () => {
  const tokens = fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 200 });
  fc.assert(
    fc.property(tokens, fc.integer({ min: 1, max: 40 }), (counts, textsMax) => {
      const calls = planCalls(counts, { textsMax, tokensMax: 500, aloneFrom: 250 });
      const all = calls.flat();
      expect(all.toSorted((one, other) => one - other)).toEqual(counts.map((_, position) => position));
      for (const call of calls) {
        expect(call.length).toBeLessThanOrEqual(textsMax);
        expect(call.toSorted((one, other) => one - other)).toEqual(call);
        const sum = call.reduce((total, position) => total + (counts[position] ?? 0), 0);
        expect(sum).toBeLessThanOrEqual(500);
        if (call.length > 1) for (const position of call) expect(counts[position]).toBeLessThanOrEqual(250);
      }
    }),
  );
});
