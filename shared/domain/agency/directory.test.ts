import { agencies } from './agencies';
import { findAgency } from './directory';

test.each([
  ['DHS', 'dhs', 'name'],
  ['Department of Homeland Security', 'dhs', 'name'],
  ['Department of War', 'dod', 'name'],
  ['Department of Defense', 'dod', 'name'],
  ['Department of Treasury', 'treasury', 'name'],
  ['DEPARTMENT OF THE ARMY', 'army', 'name'],
  ['U.S. Coast Guard', 'uscg', 'name'],
  ['Cybersecurity & Infrastructure Security Agency', 'cisa', 'name'],
  ['HHS/NIH', 'hhs', 'rule'],
  ['Treasury - IRS', 'irs', 'rule'],
  ['Agriculture, Department of', 'usda', 'rule'],
  ['Federal Emergency Management Agency', 'dhs', 'rule'],
  ['Air National Guard Units', 'air-force', 'rule'],
  ['National Institute of Standards and Technology (NIST)', 'nist', 'name'],
])('matches "%s" to %s, by %s', (spelling, key, by) => {
  const match = findAgency(spelling);
  expect([match?.agency.key, match?.by]).toEqual([key, by]);
});

test.each(['', 'Judicial Branch', 'Bureau of Made-Up Affairs', 'Department'])(
  'finds no agency for "%s"',
  (spelling) => {
    expect(findAgency(spelling)).toBeUndefined();
  },
);

test('finds every agency by each of its names, and its parent in the table', () => {
  for (const agency of agencies) {
    for (const name of [agency.key, agency.name, agency.abbreviation, ...agency.alsoKnownAs])
      if (name) expect(findAgency(name)?.agency.key).toBe(agency.key);
    if (agency.parentKey) expect(agencies.some(({ key }) => key === agency.parentKey)).toBe(true);
  }
});
