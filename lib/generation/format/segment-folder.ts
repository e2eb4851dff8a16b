/** Segments are numbered; a generation that is appended to another goes on counting, so no name means two things. */
export function segmentFolder(number: number): string {
  return `segments/${String(number).padStart(4, "0")}`;
}

export function segmentNumber(folder: string): number {
  return Number(folder.slice(folder.lastIndexOf("/") + 1));
}
