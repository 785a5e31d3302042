import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '#base/errors';
import { packageRoot } from '#base/package-root';
import { PROGRAMS } from '../programs';
import { planOf } from './plan';

const apiSchema = readFileSync(join(packageRoot, 'schema.graphql'), 'utf8');
const plan = (name: string, agency = 'dot', type?: string) =>
  planOf({ name, agency, type }, { names: PROGRAMS, apiSchema, port: 4010 });

test('derives the names of a type from that of the subgraph', () => {
  expect(plan('ferries')).toMatchObject({
    ...{ name: 'ferries', type: 'FerriesActivity', noun: 'ferries activity', nouns: 'ferries activities' },
    ...{ one: 'ferriesActivity', many: 'ferriesActivities', file: 'ferries-activity', table: 'ferries_activity' },
    ...{ port: 4010, agency: { key: 'dot' } },
  });
});

test.each([
  ['SafetyVisit', 'safety-visit', 'safetyVisits'],
  ['UASCorridor', 'uas-corridor', 'uASCorridors'],
  ['CoachClass', 'coach-class', 'coachClasses'],
])('takes the type %s', (type, file, many) => {
  expect(plan('ferries', 'dot', type)).toMatchObject({ type, file, many });
});

test.each([
  ['Outreach', 'dot', undefined, /^"Outreach" is not a valid subgraph name/],
  ['flood-risk', 'dot', undefined, /is not a valid subgraph name\n {2}Use 2 to 24 lower-case letters/],
  ['../outreach', 'dot', undefined, /is not a valid subgraph name/],
  ['x', 'dot', undefined, /is not a valid subgraph name/],
  ['class', 'dot', undefined, /^The name "class" is reserved/],
  ['gateway', 'dot', undefined, /^The name "gateway" is reserved/],
  ['reviews', 'dot', undefined, /^A subgraph "reviews" exists/],
  ['ferries', 'dott', undefined, /^Unknown agency "dott"; did you mean "dot"/],
  ['ferries', 'Department of Transportation', undefined, /^Unknown agency "Department of Transportation"/],
  ['ferries', 'dot', 'safetyVisit', /^"safetyVisit" is not a valid type name/],
  ['ferries', 'dot', 'Safety Visit', /is not a valid type name/],
  ['ferries', 'dot', 'Position', /^The graph already has Position, .*Query\.positions.*\n {2}Choose another type/],
  ['ferries', 'dot', 'Agency', /^The graph already has Agency, Query\.agency/],
])('rejects %s of %s with the type %s', (name, agency, type, message) => {
  expect(() => plan(name, agency, type)).toThrow(OperatorError);
  expect(() => plan(name, agency, type)).toThrow(message);
});
