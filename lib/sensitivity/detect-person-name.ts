import type { Detector } from "./detector.ts";
import { givenNames } from "./given-names.ts";

const person =
  /^(?:(?:mr|mrs|ms|miss|dr|prof|herr|frau|m|mme|sr|sra)\.? )?\p{L}[\p{L}'’.-]*(?:,? [\p{L}][\p{L}'’.-]*){0,4}(?:,? (?:jr|sr|ii|iii|iv|md|phd|dds|dvm)\.?)*$/iu;
/** Words that make a firm, a shop or a place of what would be a person; and answers that are none. */
const noPerson =
  /\b(?:inc|llc|ltd|gmbh|corp|group|company|co|and|und|bank|university|school|hotel|store|shop|team|services?|city|san|santa|saint|st|fort|port|lake|north|south|east|west|new|los|las|the|of|true|false|yes)\b/i;

export const personName: Detector = {
  kind: "person_name",
  hints: {
    "first name": 0.95,
    "last name": 0.95,
    "given name": 0.95,
    "family name": 0.95,
    "middle name": 0.9,
    "maiden name": 0.95,
    "full name": 0.95,
    "patient name": 0.95,
    "employee name": 0.95,
    "contact name": 0.9,
    "student name": 0.95,
    "person name": 0.95,
    "customer name": 0.75,
    "client name": 0.65,
    "user full": 0.7,
    surname: 0.95,
    forename: 0.95,
    fname: 0.9,
    lname: 0.9,
    nachname: 0.95,
    vorname: 0.95,
    apellido: 0.95,
    apellidos: 0.95,
    nombre: 0.6,
    prenom: 0.95,
    cardholder: 0.9,
    "account holder": 0.9,
    "emergency contact": 0.9,
    "next of kin": 0.95,
    passenger: 0.75,
    beneficiary: 0.7,
    signatory: 0.75,
    physician: 0.65,
    guest: 0.6,
    patient: 0.55,
    employee: 0.5,
    contact: 0.4,
    name: 0.35,
    author: 0.45,
    manager: 0.45,
    owner: 0.4,
    doctor: 0.5,
    customer: 0.4,
  },
  denied: [
    "company",
    "product",
    "file",
    "host",
    "domain",
    "brand",
    "count",
    "table",
    "column",
    "username",
    "login",
    "class",
    "category",
    "city",
    "country",
    "state",
    "event",
    "song",
    "team",
    "project",
    "type",
    "status",
    "email",
    "phone",
    "number",
    "code",
    "url",
    "id",
    "department",
    "store",
    "item",
    "segment",
    "group",
  ],
  fits: (value) => person.test(value) && !noPerson.test(value),
  alone: {
    looksLike: (value) => value.includes(" ") && person.test(value),
    isOne: (value) =>
      value.includes(" ") && person.test(value) && !noPerson.test(value) && startsWithGivenName(value),
    precision: { none: 0.12, all: 0.35 },
    shareFull: 0.3,
    sureness: 0.85,
    deniedAlone: ["company", "product", "city", "street", "title", "venue", "brand", "team", "university"],
  },
};

/** `Ana Souza`, `Souza, Ana` and `Dr. Ana Souza`; every word begins with a capital or all are written in one case. */
function startsWithGivenName(value: string): boolean {
  const words = value.replace(/^(?:mr|mrs|ms|miss|dr|prof|herr|frau)\.? /i, "").split(/,? /);
  const first = value.includes(",") ? words[1] : words[0];
  const capitals = words.filter((word) => /^\p{Lu}/u.test(word)).length;
  const evenCase = capitals === words.length || capitals === 0;
  return (
    evenCase &&
    first !== undefined &&
    givenNames.has(first.toLowerCase().normalize("NFD").replace(/\p{M}/gu, ""))
  );
}
