import 'reflect-metadata';
import { any, everyone, having, noOne, ofAgency, oversight, type Rule, textOf, where, without } from './rule';

test.each<[Rule, string, string[]]>([
  [everyone, 'Granted to everyone', []],
  [noOne, 'Granted to no role', []],
  [any(having('coordinator'), oversight), 'Granted to coordinator or oversight', ['@oversight', 'coordinator']],
  [
    any(ofAgency('leadAgencyKey', 'agency-reviewer'), oversight),
    'Granted to oversight; agency-reviewer: objects whose lead agency is theirs',
    ['@oversight', 'agency-reviewer'],
  ],
  [
    where('status', ['OPEN', 'CLOSED'], without('agencyKey', having('analyst'))),
    'Granted to analyst: objects whose status is OPEN or CLOSED and without an agency',
    ['analyst'],
  ],
  [where('status', ['ISSUED'], everyone, 'with an outcome'), 'Granted to everyone: objects with an outcome', []],
])('puts a rule into words: %#', (rule, why, grantedTo) => {
  expect(textOf(rule)).toEqual({ why, grantedTo });
});
