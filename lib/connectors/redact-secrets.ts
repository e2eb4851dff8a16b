import { censored, redactUrls } from "../telemetry/redact.ts";

/** A text without the given secrets, as they are and as a URL writes them, and without anyone's name in a URL. */
export function redactSecrets(text: string, secrets: readonly string[]): string {
  let clean = redactUrls(text);
  for (const secret of secrets) {
    // One or two characters stand in too many words to be told from them.
    if (secret.length < 3) continue;
    clean = clean.replaceAll(secret, censored).replaceAll(encodeURIComponent(secret), censored);
  }
  return clean.replace(/\b(password|passwd|pwd)(\s*[=:]\s*)('[^']*'|\S+)/gi, `$1$2${censored}`);
}
