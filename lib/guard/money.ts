/** Money is counted in whole billionths of a dollar: sums are exact up to nine million dollars. */
export function nanoUsdFrom(usd: number): number {
  // Upwards, so that nothing is ever reserved or counted too low; the tolerance is for what a double cannot hold.
  return Math.max(0, Math.ceil(usd * 1e9 - 1e-3));
}

export function usdFrom(nanoUsd: number): number {
  return nanoUsd / 1e9;
}

/** What so many tokens cost. */
export function nanoUsdForTokens(tokens: number, usdPerMillionTokens: number): number {
  return nanoUsdFrom((tokens * usdPerMillionTokens) / 1e6);
}
