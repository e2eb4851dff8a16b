import type { Detector } from "./detector.ts";

const numberFirst =
  /^(?:(?:apt|unit|suite|flat)\.? ?\w+,? )?\d{1,6}[a-z]?(?:[-/]\d+)?,? (?:[\p{L}\d.'’-]+ ){1,5}?(?:st|street|ave|avenue|av|rd|road|blvd|boulevard|ln|lane|dr|drive|ct|court|pl|place|way|sq|square|ter|terrace|pkwy|parkway|hwy|highway|cir|circle|trl|trail|close|crescent|row|walk|alley|crossing|mews|gardens|grove|hill|rue|quai)\b/iu;
const numberFirstFrench =
  /^\d{1,5}(?: ?bis| ?ter)?,? (?:rue|avenue|boulevard|allée|allee|place|quai|chemin|impasse|cours|passage|route|voie)\b/iu;
const numberLast =
  /^(?:\p{L}[\p{L}.'’ -]*(?:str\.|straße|strasse|weg|allee|platz|gasse|ring|damm|ufer|laan|straat|plein|gade|gatan|vej)|(?:calle|avenida|av\.|paseo|plaza|via|viale|piazza|corso|rua|carrer|camino|ronda|ulica|ul\.|am|an der|auf dem|zum|im) [\p{L}.'’ -]+?),? (?:nº ?|no\.? ?)?\d{1,5} ?[a-z]?\b/iu;
const box = /\b(?:p\.? ?o\.? ?box|postfach|apartado|boîte postale) \d+/i;
const postcode = /^(?:[A-Z]{1,2}-)?(?=[A-Z0-9 -]*\d)[A-Z0-9]{2,5}(?:[ -]?[A-Z0-9]{2,4})?$/i;

export const postalAddress: Detector = {
  kind: "postal_address",
  hints: {
    address: 0.9,
    addr: 0.9,
    street: 0.9,
    strasse: 0.9,
    anschrift: 0.95,
    adresse: 0.9,
    direccion: 0.9,
    indirizzo: 0.9,
    domicile: 0.85,
    residence: 0.75,
    calle: 0.8,
    zip: 0.8,
    zipcode: 0.85,
    postcode: 0.85,
    "postal code": 0.85,
    "post code": 0.85,
    plz: 0.85,
    "po box": 0.9,
    "ship to": 0.75,
    "bill to": 0.75,
  },
  denied: [
    "email",
    "ip",
    "ipv",
    "mac",
    "web",
    "url",
    "memory",
    "wallet",
    "eth",
    "btc",
    "bitcoin",
    "contract",
    "host",
    "server",
    "hash",
    "id",
    "type",
    "count",
    "file",
    "archive",
    "name",
    "verified",
  ],
  fits: (value) =>
    postcode.test(value) || (/\d/.test(value) && /\p{L}{2}/u.test(value) && value.includes(" ")),
  alone: {
    looksLike: (value) =>
      /\d/.test(value) && /\p{L}{2}/u.test(value) && value.includes(" ") && value.length < 200,
    isOne: isAddress,
    precision: { none: 0.3, all: 0.7 },
    shareFull: 0.4,
    sureness: 0.85,
    deniedAlone: ["url", "ip", "store", "venue"],
  },
};

function isAddress(value: string): boolean {
  return [numberFirst, numberFirstFrench, numberLast, box].some((pattern) => pattern.test(value));
}
