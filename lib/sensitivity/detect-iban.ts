import type { Detector } from "./detector.ts";
import { loadValidator } from "./load-checkers.ts";

const shape = /(?<![A-Z0-9])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,4})?(?![A-Z0-9])/i;

export const iban: Detector = {
  kind: "iban",
  hints: { iban: 0.97, "bank account": 0.6, "account number": 0.5, kontonummer: 0.6, konto: 0.5 },
  denied: ["type", "status", "balance", "name", "holder", "id"],
  fits: holdsIban,
  alone: {
    looksLike: (value) => shape.test(value),
    isOne: holdsIban,
    // The two check digits are right by chance once in a hundred.
    precision: { none: 0.5, all: 0.85 },
    shareFull: 0.05,
    sureness: 0.99,
    deniedAlone: [],
  },
};

function holdsIban(value: string): boolean {
  const found = shape.exec(value)?.[0];
  return found !== undefined && loadValidator().isIBAN(found.replace(/[ -]/g, "").toUpperCase());
}
