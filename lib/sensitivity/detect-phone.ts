import type { Detector } from "./detector.ts";
import { loadPhoneNumbers } from "./load-checkers.ts";

const phoneCharacters = /^\+?[\d\s().\-/]+$/;
const extension = /[\s,]*(?:ext\.?|x|#)\s*\d{1,6}$/i;
/** The ways in which people of North America group the ten digits. */
const northAmerican = /^(?:1[\s.-])?(?:\(\d{3}\)\s?|\d{3}[\s.-])\d{3}[\s.-]\d{4}$/;
const international = /^(?:\+|00)[\d\s().\-/]{8,24}$/;

export const phone: Detector = {
  kind: "phone",
  hints: {
    phone: 0.95,
    phones: 0.9,
    telephone: 0.95,
    tel: 0.85,
    telefon: 0.95,
    telefono: 0.95,
    telefonnummer: 0.95,
    mobilnummer: 0.95,
    rufnummer: 0.9,
    handynummer: 0.95,
    mobile: 0.85,
    mobil: 0.85,
    cell: 0.7,
    cellphone: 0.95,
    handy: 0.75,
    fax: 0.75,
    landline: 0.9,
    whatsapp: 0.85,
    msisdn: 0.95,
    "contact number": 0.9,
    "contact no": 0.9,
    "callback number": 0.9,
  },
  denied: [
    "model",
    "type",
    "brand",
    "os",
    "count",
    "status",
    "verified",
    "device",
    "price",
    "plan",
    "carrier",
    "battery",
    "id",
  ],
  fits(value) {
    const text = value.replace(extension, "");
    const digits = text.replace(/\D/g, "").length;
    return phoneCharacters.test(text) && digits >= 7 && digits <= 15 && !isDateOrDecimal(text);
  },
  alone: {
    looksLike: (value) => shape(value) !== undefined,
    isOne(value) {
      const text = shape(value);
      if (text === undefined) return false;
      const number = loadPhoneNumbers().parsePhoneNumberFromString(text.replace(/^00/, "+"), {
        defaultCountry: "US",
        extract: false,
      });
      // Nothing else is written with a plus and as many digits; new ranges of numbers come up before libraries know them.
      return (text.startsWith("+") ? number?.isPossible() : number?.isValid()) === true;
    },
    // Two thirds of random digits in the North American grouping are valid numbers.
    precision: { none: 0.72, all: 0.9 },
    shareFull: 0.25,
    sureness: 0.92,
    deniedAlone: ["order", "sku", "part", "serial", "tracking", "invoice", "isbn", "version", "ip"],
  },
};

function shape(value: string): string | undefined {
  const text = value.replace(extension, "");
  return northAmerican.test(text) || international.test(text) ? text : undefined;
}

function isDateOrDecimal(text: string): boolean {
  return /^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|-?\d+\.\d+)(\s|$)/.test(text);
}
