import type { Detector } from "./detector.ts";

const shapes = [
  /^(?<year>\d{4})[-/.]\d{1,2}[-/.]\d{1,2}(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]00(?::?00)?)?)?$/,
  /^\d{1,2}[-/.]\d{1,2}[-/.](?<year>\d{4}|\d{2})$/,
  /^\d{1,2}(?:st|nd|rd|th)?[ .-]+\p{L}{3,10}\.?,?[ -]+(?<year>\d{4}|\d{2})$/u,
  /^\p{L}{3,10}\.? \d{1,2}(?:st|nd|rd|th)?,? (?<year>\d{4})$/u,
  /^(?<year>\d{4})$/,
  /^(?<year>\d{4})[01]\d[0-3]\d$/,
];

/** The oldest people of whom records are kept. */
const yearMin = 1900;
const yearMax = 2100;

export const dateOfBirth: Detector = {
  kind: "date_of_birth",
  hints: {
    dob: 0.97,
    "d o b": 0.95,
    birth: 0.85,
    "birth date": 0.97,
    "date of birth": 0.97,
    birthday: 0.95,
    bday: 0.9,
    born: 0.85,
    "year of birth": 0.9,
    geburtsdatum: 0.97,
    geburtstag: 0.95,
    "fecha nacimiento": 0.97,
    "fecha de nacimiento": 0.97,
    nacimiento: 0.85,
    naissance: 0.9,
  },
  denied: ["place", "country", "city", "weight", "count", "rate", "order", "certificate", "id", "company"],
  fits(value) {
    const year = shapes
      .map((shape) => shape.exec(value)?.groups?.["year"])
      .find((found) => found !== undefined);
    if (year === undefined) return false;
    return year.length === 2 || (Number(year) >= yearMin && Number(year) <= yearMax);
  },
};
