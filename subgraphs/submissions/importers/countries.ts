/** ISO 3166-1 alpha-2 codes for the country names in model catalogs. */
const CODES: Readonly<Record<string, string>> = {
  Australia: 'AU',
  Canada: 'CA',
  China: 'CN',
  Finland: 'FI',
  France: 'FR',
  Germany: 'DE',
  'Hong Kong': 'HK',
  India: 'IN',
  Israel: 'IL',
  Japan: 'JP',
  'Korea (Republic of)': 'KR',
  Netherlands: 'NL',
  Russia: 'RU',
  'Saudi Arabia': 'SA',
  Singapore: 'SG',
  Spain: 'ES',
  Sweden: 'SE',
  Switzerland: 'CH',
  Taiwan: 'TW',
  'United Arab Emirates': 'AE',
  'United Kingdom of Great Britain and Northern Ireland': 'GB',
  'United States of America': 'US',
};

/** Code of the first country in the list that has one; "Multinational" has no code. */
export function countryCode(names: string | null): string | null {
  for (const name of (names ?? '').split(',')) {
    const code = CODES[name.trim()];
    if (code) return code;
  }
  return null;
}
