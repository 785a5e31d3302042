/** Keys of agencies are short names, which are written in capitals, except for these. */
const NAMES: Readonly<Record<string, string>> = {
  'air-force': 'Air Force',
  army: 'Army',
  dod: 'DoD',
  navy: 'Navy',
  state: 'State',
  treasury: 'Treasury',
};

export const agencyName = (key: string): string => NAMES[key] ?? key.toUpperCase();
