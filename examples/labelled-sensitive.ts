import type { Faker } from "@faker-js/faker";
import type { ColumnRecipe } from "./labelled-columns.ts";

const people = (name: string) => [name, `customer ${name}`, `emp ${name}`];

function socialSecurityNumber(faker: Faker): string {
  const area = faker.number.int({ min: 1, max: 772 });
  const given = area === 666 ? 667 : area;
  const group = faker.number.int({ min: 1, max: 99 });
  const serial = faker.number.int({ min: 1, max: 9999 });
  return [
    String(given).padStart(3, "0"),
    String(group).padStart(2, "0"),
    String(serial).padStart(4, "0"),
  ].join("-");
}

const illnesses =
  "Essential hypertension;Type 2 diabetes mellitus;Seasonal allergic rhinitis;Low back pain;Major depressive disorder;Asthma, mild;Acute sinusitis;Fracture of left wrist;Chest pain;Iron deficiency anaemia;Osteoarthritis of knee;Hyperlipidaemia;Urinary tract infection;Migraine without aura;Pneumonia;Otitis media;GERD;Anxiety;Sprained ankle;Gout".split(
    ";",
  );
const drugs =
  "Metformin 500 mg;Lisinopril 10mg;Amoxicillin;Aspirin 81 mg;Atorvastatin 20mg;Vitamin D3;Ibuprofen as needed;Ramipril;Citalopram 20 mg;Salbutamol inhaler;Insulin glargine;none taken;Pantoprazole 40 mg;Bisoprolol".split(
    ";",
  );
const icdCodes =
  "E11.9 I10 J45.909 M54.5 F32.9 K21.9 N39.0 S52.501A Z00.00 R07.9 D50.9 E78.5 G43.009 J18.9 H66.90 M17.11 F41.1 S93.401A M10.9 I25.10".split(
    " ",
  );

/** What a data engineer answers for, as it is written in the wild. */
export const sensitiveColumns: readonly ColumnRecipe[] = [
  {
    kinds: ["email"],
    names: [...people("email"), "email address", "e mail", "contact email", "login", "recipient", "reply to"],
    anonymous: true,
    value: (faker) => {
      const address = faker.internet.email();
      return faker.helpers.weightedArrayElement([
        { value: address, weight: 8 },
        { value: address.toUpperCase(), weight: 1 },
        { value: `${faker.person.fullName()} <${address}>`, weight: 1 },
      ]);
    },
  },
  {
    kinds: ["email"],
    names: ["notes", "comment", "message", "description"],
    value: (faker) =>
      faker.datatype.boolean(0.15)
        ? `${faker.lorem.sentence()} Please write to ${faker.internet.email().toLowerCase()}.`
        : faker.lorem.sentence(),
  },
  {
    kinds: ["phone"],
    names: [
      ...people("phone"),
      "phone number",
      "telephone",
      "tel",
      "mobile no",
      "contact number",
      "fax",
      "handynummer",
    ],
    value: (faker) => faker.phone.number({ style: faker.helpers.arrayElement(["human", "national"]) }),
  },
  {
    kinds: ["phone"],
    names: ["phone", "msisdn", "callback", "sender", "whatsapp"],
    anonymous: true,
    value: (faker) => faker.phone.number({ style: "international" }),
  },
  {
    kinds: ["us_ssn"],
    names: ["ssn", "social security number", "social security no", "employee ssn", "taxpayer ssn"],
    anonymous: true,
    value: socialSecurityNumber,
  },
  {
    kinds: ["us_ssn"],
    names: ["ssn", "social security", "soc sec num"],
    value: (faker) => socialSecurityNumber(faker).replaceAll("-", ""),
  },
  {
    kinds: ["payment_card"],
    names: ["card number", "credit card", "cc num", "payment card", "card no"],
    anonymous: true,
    value: (faker) => {
      const issuer = faker.helpers.arrayElement(["visa", "mastercard", "american_express", "discover"]);
      const number = faker.finance.creditCardNumber({ issuer });
      return faker.datatype.boolean() ? number : number.replaceAll("-", " ");
    },
  },
  {
    kinds: ["iban"],
    names: ["iban", "bank account", "account", "konto", "payout account"],
    anonymous: true,
    value: (faker) => faker.finance.iban({ formatted: faker.datatype.boolean() }),
  },
  {
    kinds: ["salary"],
    names: [
      "salary",
      "annual salary",
      "base salary",
      "wage",
      "hourly wage",
      "gross pay",
      "income",
      "compensation",
      "jahresgehalt",
      "ctc",
    ],
    value: (faker) => {
      const amount = faker.number.int({ min: 18, max: 320 }) * 500;
      return faker.helpers.arrayElement([
        String(amount),
        `$${amount.toLocaleString("en-US")}`,
        amount.toFixed(2),
      ]);
    },
  },
  {
    kinds: ["postal_address"],
    names: [
      "address",
      "street address",
      "addr line 1",
      "shipping address",
      "home address",
      "strasse",
      "residence",
      "ship to",
    ],
    anonymous: true,
    value: (faker) => faker.location.streetAddress({ useFullAddress: faker.datatype.boolean() }),
  },
  {
    kinds: ["postal_address"],
    names: ["zip", "zip code", "postal code", "postcode", "plz"],
    value: (faker) => faker.location.zipCode(),
  },
  {
    kinds: ["date_of_birth"],
    names: [
      "dob",
      "date of birth",
      "birth date",
      "birthday",
      "geburtsdatum",
      "patient dob",
      "born on",
      "bdate",
    ],
    value: (faker) => {
      const date = faker.date.birthdate();
      const [year, month, day] = date.toISOString().slice(0, 10).split("-");
      return faker.helpers.arrayElement([
        `${year}-${month}-${day}`,
        `${day}/${month}/${year}`,
        `${day}.${month}.${year}`,
      ]);
    },
  },
  {
    kinds: ["person_name"],
    names: ["first name", "given name", "fname", "vorname", "prenom", "forename"],
    value: (faker) => faker.person.firstName(),
  },
  {
    kinds: ["person_name"],
    names: ["last name", "surname", "lname", "nachname", "family name", "apellidos"],
    value: (faker) => faker.person.lastName(),
  },
  {
    kinds: ["person_name"],
    names: [
      "name",
      "full name",
      "customer name",
      "patient name",
      "employee",
      "contact person",
      "account owner",
      "reviewed by",
    ],
    anonymous: true,
    value: (faker) => {
      const [first, last] = [faker.person.firstName(), faker.person.lastName()];
      return faker.helpers.weightedArrayElement([
        { value: `${first} ${last}`, weight: 6 },
        { value: `${last}, ${first}`, weight: 2 },
        { value: `${first} ${last}`.toUpperCase(), weight: 1 },
      ]);
    },
  },
  {
    kinds: ["medical"],
    names: ["diagnosis", "diagnosis code", "icd10", "dx code", "primary condition code"],
    anonymous: true,
    value: (faker) => faker.helpers.arrayElement(icdCodes),
  },
  {
    kinds: ["medical"],
    names: ["diagnosis", "condition", "problem", "medical history", "reason for visit", "finding"],
    anonymous: true,
    value: (faker) => faker.helpers.arrayElement(illnesses),
  },
  {
    kinds: ["medical"],
    names: ["medication", "current medications", "prescription", "drug name", "rx"],
    value: (faker) => faker.helpers.arrayElement(drugs),
  },
  {
    kinds: ["medical"],
    names: ["mrn", "medical record number", "patient mrn"],
    value: (faker) => faker.string.numeric(8),
  },
];
