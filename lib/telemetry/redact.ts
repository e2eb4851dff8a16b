/** Fields that are censored wherever they stand in a logged object, down to the third level. */
const secretFields = [
  "dsn",
  "password",
  "passwd",
  "secret",
  "token",
  "accessToken",
  "access_token",
  "refreshToken",
  "refresh_token",
  "authorization",
  "Authorization",
  "cookie",
  "Cookie",
  '["set-cookie"]',
  '["x-api-key"]',
  "apiKey",
  "api_key",
  "secretKey",
  "secret_key",
];

/** What stands in the log in place of a secret. */
export const censored = "[redacted]";

/** Paths in the form that pino's `redact` option takes. */
export const secretPaths = ["", "*", "*.*"].flatMap((parent) =>
  secretFields.map((field) =>
    field.startsWith("[") || parent === "" ? parent + field : `${parent}.${field}`,
  ),
);

/** Removes user and password from every URL in a log line, wherever it stands: messages, stacks, any field. */
export function redactUrls(line: string): string {
  return line.replace(/([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/@"'\\]{1,500}@/gi, `$1${censored}@`);
}
