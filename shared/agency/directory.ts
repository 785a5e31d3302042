import { type AgencyRecord, agencies } from './agencies';

const byKey = new Map(agencies.map((agency) => [agency.key, agency]));

export function agencyByKey(key: string): AgencyRecord | undefined {
  return byKey.get(key);
}

/** Lower case, punctuation and filler words gone, so that the publishers' spellings of one name meet. */
function fold(name: string): string {
  return name
    .toLowerCase()
    .replace(/\([^)]*\)/g, ' ')
    .replace(/&/g, ' and ')
    .replace(/\bdept\.?\b/g, 'department')
    .replace(/\bu\.\s?s\.?(?=\s)/g, ' ')
    .replace(/[^a-z0-9]+/g, ' ')
    .replace(/\b(the|us|united states)\b/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

const byName = new Map<string, AgencyRecord>();
for (const agency of agencies)
  for (const name of [agency.key, agency.name, agency.abbreviation, ...agency.alsoKnownAs])
    if (name) byName.set(fold(name), agency);

/** How a publisher's spelling was matched: it names the agency, or a rule (a path, an inverted name) led to it. */
export interface AgencyMatch {
  readonly agency: AgencyRecord;
  readonly by: 'name' | 'rule';
}

/**
 * The agency that a publisher's spelling means: its key, name, abbreviation or another name it goes by; "HHS/NIH" and
 * "Treasury - IRS" are read part by part, the most specific known part wins; "Agriculture, Department of" is turned round.
 */
export function findAgency(spelling: string): AgencyMatch | undefined {
  const exact = byName.get(fold(spelling));
  if (exact) return { agency: exact, by: 'name' };
  const inverted = /^([^,]+),\s*(.+\bof(?: the)?)$/i.exec(spelling.trim());
  if (inverted) {
    const agency = byName.get(fold(`${inverted[2]} ${inverted[1]}`));
    if (agency) return { agency, by: 'rule' };
  }
  const bracketed = /\(([^)]+)\)/.exec(spelling)?.[1];
  const parts = spelling.split(/\s*[/|]\s*|\s+[-–—]\s+/);
  for (const part of [bracketed, ...parts.reverse()]) {
    const agency = part && byName.get(fold(part));
    if (agency) return { agency, by: 'rule' };
  }
  return undefined;
}
