/** Worker deaths that one job may survive; at the next one it is quarantined. */
export const jobDeathsMax = 2;
