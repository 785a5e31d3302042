import { type AgencyRecord, agencies } from './agencies';

const byKey = new Map(agencies.map((agency) => [agency.key, agency]));

export function agencyByKey(key: string): AgencyRecord | undefined {
  return byKey.get(key);
}

/** Normalizes a name: lower case, without punctuation and filler words, so that different spellings match. */
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

/** A match of a published name: by a name of the agency, or by a rule (a path, an inverted name, a component). */
export interface AgencyMatch {
  readonly agency: AgencyRecord;
  readonly by: 'name' | 'rule';
}

/** Components that publishers name without their agency, and the agency of each. */
const COMPONENTS: readonly [RegExp, string][] = [
  [/\b(army|national guard bureau)\b/i, 'army'],
  [/\b(air force|air national guard|space force)\b/i, 'air-force'],
  [/\b(navy|naval|marine corps)\b/i, 'navy'],
  [
    /\bdefense (logistics|finance|health|contract|intelligence|counterintelligence|threat|commissary|human resources|media)\b|^(joint staff|office of the secretary of defense|washington headquarters services)/i,
    'dod',
  ],
  [
    /\b(federal emergency management|customs and border protection|immigration and customs enforcement|citizenship and immigration services|federal law enforcement training)\b/i,
    'dhs',
  ],
  [/\bveterans (health|benefits)|national cemetery/i, 'va'],
  [/\b(bureau of prisons|drug enforcement|marshals service|bureau of alcohol, tobacco)\b/i, 'doj'],
  [
    /\b(national institutes of health|centers for disease control|centers for medicare|indian health service|health resources and services)\b/i,
    'hhs',
  ],
  [
    /\b(forest service|farm service agency|natural resources conservation|food safety and inspection|agricultural research|animal and plant health)\b/i,
    'usda',
  ],
  [
    /\b(national park service|bureau of land management|fish and wildlife service|geological survey|bureau of indian affairs|bureau of reclamation|bureau of indian education)\b/i,
    'doi',
  ],
  [
    /\b(census bureau|patent and trademark|international trade administration|bureau of industry and security|bureau of economic analysis)\b/i,
    'doc',
  ],
  [/\b(bureau of the fiscal service|bureau of engraving|united states mint|alcohol and tobacco tax)\b/i, 'treasury'],
  [
    /\b(bureau of labor statistics|occupational safety and health administration|mine safety and health administration)\b/i,
    'dol',
  ],
  [
    /\b(federal highway administration|federal transit administration|federal railroad administration|national highway traffic safety)\b/i,
    'dot',
  ],
];

/**
 * Finds the agency of a published name: by key, name, abbreviation, or alias. "HHS/NIH" and "Treasury - IRS" are matched part by part,
 * and the most specific match wins. "Agriculture, Department of" is inverted. Components that the graph does not list match their agency.
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
  const component = COMPONENTS.find(([pattern]) => pattern.test(spelling.replace(/&/g, 'and')));
  return component ? { agency: byKey.get(component[1])!, by: 'rule' } : undefined;
}
