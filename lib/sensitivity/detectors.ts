import { dateOfBirth } from "./detect-date-of-birth.ts";
import { email } from "./detect-email.ts";
import { iban } from "./detect-iban.ts";
import { medical } from "./detect-medical.ts";
import { paymentCard } from "./detect-payment-card.ts";
import { personName } from "./detect-person-name.ts";
import { phone } from "./detect-phone.ts";
import { postalAddress } from "./detect-postal-address.ts";
import { salary } from "./detect-salary.ts";
import { usSsn } from "./detect-us-ssn.ts";
import type { Detector } from "./detector.ts";

export const detectors: readonly Detector[] = [
  email,
  phone,
  usSsn,
  paymentCard,
  iban,
  salary,
  postalAddress,
  dateOfBirth,
  personName,
  medical,
];
