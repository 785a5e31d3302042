import { principalOf } from './principal';
import { declareRoles, roleNames, roleSpec } from './roles';

declareRoles({
  officer: { description: 'Works for an agency.', isGovernment: true },
  vendor: { description: 'Sells.', needs: 'organization' },
});

const governmentRolesOf = (roles: string[], claimed?: unknown) =>
  principalOf({ issuer: 'i', subject: 's', roles, organization: 'o', governmentRoles: claimed as never })
    .governmentRoles;

test('decides by its own declaration whether a known role is of the government, whatever is claimed', () => {
  expect(governmentRolesOf(['officer', 'vendor'])).toEqual(['officer']);
  expect(governmentRolesOf(['officer', 'vendor'], ['vendor'])).toEqual(['officer']);
  expect(governmentRolesOf(['officer'], [])).toEqual(['officer']);
});

test('takes the claim for roles that it does not know, if the caller has them', () => {
  expect(governmentRolesOf(['census', 'other'], ['census', 'absent'])).toEqual(['census']);
  expect(governmentRolesOf(['census'])).toEqual([]);
});

test('requires the claim that a role needs', () => {
  expect(() => principalOf({ issuer: 'i', subject: 's', roles: ['vendor'] })).toThrow(
    'The role vendor requires organization=',
  );
});

test('declares no role of a list with one that has another meaning', () => {
  expect(() =>
    declareRoles({ fresh: { description: 'New.' }, vendor: { description: 'Sells.', isGovernment: true } }),
  ).toThrow(/"vendor" has another meaning than before\n {2}Give the role a new name/);
  expect([roleSpec('fresh'), roleNames()]).toEqual([undefined, expect.arrayContaining(['officer', 'vendor'])]);
});
