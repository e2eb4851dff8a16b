import { findSensitivity } from "@lakefleet/lib/sensitivity/find-sensitivity.ts";
import type { SensitiveKind } from "@lakefleet/lib/sensitivity/sensitive-kind.ts";
import fc from "fast-check";
import { expect, test } from "vitest";

const real: Partial<Record<SensitiveKind, string[]>> = {
  email: ["ana@example.org", "bo.li+x@mail.example.com"],
  phone: ["+49 30 901820", "(415) 555-0132"],
  us_ssn: ["123-45-6789", "321-54-9876"],
  payment_card: ["4111111111111111", "5555 5555 5555 4444"],
  iban: ["DE89370400440532013000", "GB82 WEST 1234 5698 7654 32"],
  postal_address: ["12 Main St", "Hauptstraße 5"],
  person_name: ["Ana Souza", "James Smith"],
  medical: ["E11.9", "acute bronchitis"],
};

/** None of these is any of the kinds, though some have their shapes. */
const none = fc.constantFrom(
  "alpha",
  "7",
  "12.50",
  "000-00-0000",
  "1234567890123456",
  "x@y",
  "Table 9",
  "AA00 0000 0000",
);
const kinds = fc.constantFrom(...(Object.keys(real) as SensitiveKind[]));
const names = fc.constantFrom("col", "email", "phone", "name", "notes", "order_no", "ssn", "address");

function confidenceOf(name: string, values: string[], kind: SensitiveKind): number {
  return findSensitivity({ name, values }).find((finding) => finding.kind === kind)?.confidence ?? 0;
}

test("a column never becomes less suspect when a value that is none is replaced by one that is", () => {
  fc.assert(
    fc.property(
      kinds,
      names,
      fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }),
      none,
      fc.nat(),
      (kind, name, mask, other, at) => {
        const hits = real[kind]!;
        const values = mask.map((isHit, row) => (isHit ? hits[row % hits.length]! : other));
        const more = values.with(at % values.length, hits[0]!);
        expect(confidenceOf(name, more, kind)).toBeGreaterThanOrEqual(confidenceOf(name, values, kind));
      },
    ),
  );
});

test("the order of the values changes nothing, and every confidence is a reported one", () => {
  fc.assert(
    fc.property(names, fc.array(fc.oneof(none, fc.string()), { maxLength: 30 }), (name, values) => {
      const found = findSensitivity({ name, values });
      expect(findSensitivity({ name, values: values.toReversed() })).toEqual(found);
      for (const { confidence } of found) {
        expect(confidence).toBeGreaterThanOrEqual(0.5);
        expect(confidence).toBeLessThanOrEqual(1);
      }
    }),
  );
});
