import type { Stats } from 'node:fs';

/** Changes when a file is written or replaced, so that a watched file need not be read each time. */
export const stampOf = ({ mtimeMs, ctimeMs, size, ino }: Stats): string => `${mtimeMs} ${ctimeMs} ${size} ${ino}`;
