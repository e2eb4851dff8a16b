const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text that stands for itself in an element or an attribute. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (mark) => entities[mark] ?? mark);
}

/** At most three digits that matter: `0.125`, `12.3`, `1230`. */
export function shortNumber(value: number): string {
  return String(Number(value.toPrecision(3)));
}
