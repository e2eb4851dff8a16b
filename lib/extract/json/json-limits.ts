/** Levels of nesting, the outermost array included. Deeper input would recurse too far in parsers and engines. */
export const jsonDepthMax = 128;

/** One row must fit in memory several times over: as bytes, as text, as values. */
export const jsonRowBytesMax = 16 << 20;

/** Keys that differ from row to row are data, not columns; engines slow down far below this. */
export const jsonColumnCountMax = 4096;
