import { expect, test } from "vitest";
import { redactSecrets } from "./redact-secrets.ts";

test.each([
  ["connect postgres://me:hunter22@db/x failed", "connect postgres://[redacted]@db/x failed"],
  ["password authentication with hunter22 failed", "password authentication with [redacted] failed"],
  ["sent p%40ss in the clear", "sent [redacted] in the clear"],
  ["host=db password=whatever user=x", "host=db password=[redacted] user=x"],
  ["password='a b' left", "password=[redacted] left"],
  ["nothing to hide", "nothing to hide"],
])("%s", (text, clean) => expect(redactSecrets(text, ["hunter22", "p@ss", ""])).toBe(clean));
