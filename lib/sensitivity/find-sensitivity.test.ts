import { describe, expect, test } from "vitest";
import { findSensitivity } from "./find-sensitivity.ts";

const kindsOf = (name: string, values: string[]) =>
  findSensitivity({ name, values }).map((finding) => finding.kind);

describe("by the values alone", () => {
  test.each([
    ["email", ["ana@example.org", "Li Wei <li.wei@mail.example.cn>", "mailto:bo@example.com"]],
    ["phone", ["+49 30 901820", "(415) 555-0132", "212-555-0100 ext. 4", "N/A"]],
    ["us_ssn", ["123-45-6789", "321‑54‑9876", "555-12-3456"]],
    ["payment_card", ["4111 1111 1111 1111", "5555555555554444", "3782-822463-10005"]],
    ["iban", ["DE89 3704 0044 0532 0130 00", "gb82west12345698765432", "FR1420041010050500013M02606"]],
    ["postal_address", ["12 Main St, Springfield", "Hauptstraße 5, 10115 Berlin", "8 rue de Rivoli, Paris"]],
    ["person_name", ["Ana Souza", "Smith, James", "Dr. Wei Chen", "maria lopez"]],
    ["medical", ["E11.9", "I25.10", "J45.909"]],
    ["medical", ["type 2 diabetes, on metformin", "acute bronchitis", "hypertension"]],
  ])("%s", (kind, values) => {
    expect(kindsOf("col_7", values)).toEqual([kind]);
  });
});

describe("by the name, with values that fit it", () => {
  test.each([
    ["CustomerEMail", ["ana@example.org"], "email"],
    ["home_phone", ["030 1234567", "4155550132"], "phone"],
    ["ssn", ["123456789"], "us_ssn"],
    ["cardNumber", ["************1234"], "payment_card"],
    ["annual_salary", ["85000", "$92,000.00", "70k"], "salary"],
    ["Gehalt", ["4.200,50 €"], "salary"],
    ["zip_code", ["94110", "SW1A 1AA"], "postal_address"],
    ["DOB", ["1987-02-03", "12/03/1990", "3 Mar 1971"], "date_of_birth"],
    ["last_name", ["O’Neill", "Müller", "de la Cruz"], "person_name"],
    ["diagnosis_code", ["E11", "I10"], "medical"],
  ])("%s", (name, values, kind) => {
    expect(kindsOf(name, values)).toEqual([kind]);
  });

  test("a name is believed less where no value says that it is true, and not where the values deny it", () => {
    const [unproven] = findSensitivity({ name: "email", values: [] });
    const [proven] = findSensitivity({ name: "email", values: ["ana@example.org"] });
    expect(unproven!.confidence).toBeLessThan(proven!.confidence);
    expect(kindsOf("phone", ["Pixel 8", "iPhone 15"])).toEqual([]);
    expect(kindsOf("salary", ["junior", "senior"])).toEqual([]);
  });
});

describe("what only looks like it", () => {
  test.each([
    ["id", ["10001", "10002", "10003"]],
    ["order_no", ["100-234-5678", "222-333-4444", "415-555-0132"]],
    ["created_at", ["1700000000", "1700000060", "1700000120"]],
    ["updated", ["2024-01-02 03:04:05", "2024-01-03 00:00:00"]],
    ["amount", ["1,299.00", "18.50", "7.25"]],
    ["ref", ["4111111111111112", "5555555555554443", "1234567890123456"]],
    ["account", ["DE89370400440532013001", "GB82WEST12345698765433"]],
    ["remote", ["git@github.com:a/b.git", "postgres://user@host.example.com/db"]],
    ["asset", ["logo@2x.png", "icon@3x.png"]],
    ["dependency", ["left-pad@1.3.0", "@scope/pkg@2.0.1"]],
    ["name", ["Steel Chair", "Ford Fiesta", "Refined Cotton Table"]],
    ["company", ["Morgan Stanley", "Johnson & Johnson", "Smith Group LLC"]],
    ["city", ["San Diego", "Santa Maria", "Fort Wayne"]],
    ["email_count", ["3", "4"]],
    ["phone_model", ["5551234567", "5551234568"]],
    ["ip_address", ["192.168.1.10", "10.0.0.1"]],
    ["salary_grade", ["12", "14"]],
    ["birth_rate", ["1990", "2001"]],
    ["shelf", ["B12.4", "C03.1", "A10.2"]],
    ["item", ["900-12-3456", "123-45-6789", "666-10-1000"]],
    ["microphone", ["5551234567"]],
  ])("%s", (name, values) => {
    expect(kindsOf(name, values)).toEqual([]);
  });
});

test("one look-alike among many rows is chance", () => {
  const values = Array.from({ length: 500 }, (_, row) => String(4_000_000_000_000_000 + row * 7_919_191));
  expect(kindsOf("transaction", values)).toEqual([]);
});
