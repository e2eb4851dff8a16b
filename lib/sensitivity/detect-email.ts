import type { Detector } from "./detector.ts";
import { loadValidator } from "./load-checkers.ts";

/** Not within a URL, a path or a longer word, so that git@host:path and user@host/db are none. */
const address = /(?<![\w.+/:@-])[\w.+%'-]{1,64}@(?:[a-z0-9-]+\.)+[a-z]{2,24}(?![\w@:/-]|\.\w)/gi;

/** Ends of file names; `logo@2x.png` has the shape of an address. */
const fileEndings = /\.(png|jpe?g|gif|svg|webp|ico|css|js|mjs|ts|json|html?|pdf|zip)$/i;

export const email: Detector = {
  kind: "email",
  hints: { email: 0.95, mail: 0.6, correo: 0.8, courriel: 0.8, mailbox: 0.6 },
  denied: [
    "count",
    "sent",
    "opened",
    "verified",
    "status",
    "template",
    "subject",
    "body",
    "type",
    "domain",
    "opt",
    "consent",
    "provider",
  ],
  fits: holdsAddress,
  alone: {
    looksLike: (value) => value.includes("@"),
    isOne: holdsAddress,
    // Notes name people by @handle as well; each address among them is still one.
    precision: { none: 0, all: 0.1 },
    shareFull: 0.05,
    sureness: 0.98,
    deniedAlone: [],
  },
};

function holdsAddress(value: string): boolean {
  const found = value.replace(/\bmailto:/gi, " ").match(address) ?? [];
  return found.some((text) => !fileEndings.test(text) && loadValidator().isEmail(text));
}
