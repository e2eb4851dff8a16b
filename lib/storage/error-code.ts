/** Whether the error carries one of these codes of the system or of Node: `ENOENT`, `ERR_SQLITE_ERROR`. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}
