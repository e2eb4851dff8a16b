import type { Detector } from "./detector.ts";
import { loadValidator } from "./load-checkers.ts";

const grouped = /^\d{4}([ -]?)\d{4}\1\d{4}\1\d{1,7}$|^\d{4}([ -]?)\d{6}\2\d{4,5}$/;
/** In a longer text only in groups, where no other number is written. */
const within = /(?<![\d-])\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?![\d-])/;

/** Visa, Mastercard, American Express, Diners, Discover, JCB, UnionPay, Maestro, with the lengths they come in. */
const brands =
  /^(4(\d{12}|\d{15}|\d{18})|(5[1-5]|2(22[1-9]|2[3-9]\d|[3-6]\d{2}|7[01]\d|720)\d)\d{11,14}|3[47]\d{13}|3(0[0-5]|[68]\d)\d{11,16}|6(011|5\d\d|4[4-9]\d)\d{12,15}|35(2[89]|[3-8]\d)\d{12,15}|62\d{14,17}|(5018|5020|5038|5893|6304|6759|676[1-3])\d{8,15})$/;

export const paymentCard: Detector = {
  kind: "payment_card",
  hints: {
    "card number": 0.95,
    "card no": 0.95,
    "card num": 0.95,
    "credit card": 0.9,
    "debit card": 0.9,
    "payment card": 0.9,
    "cc number": 0.95,
    "cc num": 0.95,
    "cc no": 0.95,
    ccn: 0.9,
    pan: 0.6,
    card: 0.5,
    kreditkarte: 0.9,
    tarjeta: 0.8,
  },
  denied: [
    "type",
    "brand",
    "expiry",
    "exp",
    "expiration",
    "holder",
    "name",
    "network",
    "issuer",
    "token",
    "limit",
    "id",
    "gift",
    "loyalty",
    "cvv",
  ],
  fits: (value) => isCard(value) || /^[*xX#•][*xX#• -]{7,}\d{4}$/.test(value),
  alone: {
    looksLike: (value) => candidate(value) !== undefined,
    isOne: (value) => {
      const text = candidate(value);
      return text !== undefined && isCard(text);
    },
    // One in ten random numbers has a right check digit, and few of these begin like a card.
    precision: { none: 0.5, all: 0.85 },
    shareFull: 0.05,
    sureness: 0.97,
    deniedAlone: ["imei", "tracking"],
  },
};

function candidate(value: string): string | undefined {
  return grouped.test(value) ? value : within.exec(value)?.[0];
}

function isCard(value: string): boolean {
  if (!grouped.test(value)) return false;
  const digits = value.replace(/\D/g, "");
  return brands.test(digits) && loadValidator().isLuhnNumber(digits);
}
