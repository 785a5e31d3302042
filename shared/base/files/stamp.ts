import type { Stats } from 'node:fs';

/** What changes when a file is written or replaced, so that a file that is looked at again and again need not be read each time. */
export const stampOf = ({ mtimeMs, ctimeMs, size, ino }: Stats): string => `${mtimeMs} ${ctimeMs} ${size} ${ino}`;
