/** Keys of agencies are short names, which are written in capitals unless they are words. */
const WORDS: ReadonlySet<string> = new Set(['treasury', 'state', 'army', 'navy', 'air-force']);

export const agencyName = (key: string): string =>
  WORDS.has(key) ? key.replace(/(^|-)./g, (start) => start.toUpperCase().replace('-', ' ')) : key.toUpperCase();
