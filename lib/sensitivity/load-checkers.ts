import { createRequire } from "node:module";

// Loaded when a value has the shape of what they check, which is seldom: both cost 60 to 100 ms.
const require = createRequire(import.meta.url);

export const loadValidator = (): typeof import("validator").default => require("validator");

export const loadPhoneNumbers = (): typeof import("libphonenumber-js/min") =>
  require("libphonenumber-js/min");
