import { z } from "zod";

export const SensitiveKind = z.enum([
  "email",
  "phone",
  "us_ssn",
  "payment_card",
  "iban",
  "salary",
  "postal_address",
  "date_of_birth",
  "person_name",
  "medical",
]);
export type SensitiveKind = z.infer<typeof SensitiveKind>;

export const SensitiveCategory = z.enum(["pii", "phi", "financial"]);
export type SensitiveCategory = z.infer<typeof SensitiveCategory>;

const categories: Record<SensitiveKind, SensitiveCategory> = {
  email: "pii",
  phone: "pii",
  us_ssn: "pii",
  payment_card: "financial",
  iban: "financial",
  salary: "financial",
  postal_address: "pii",
  date_of_birth: "pii",
  person_name: "pii",
  medical: "phi",
};

export function categoryOf(kind: SensitiveKind): SensitiveCategory {
  return categories[kind];
}
