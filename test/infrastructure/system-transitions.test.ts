import { directiveLifecycle, progressLifecycle } from '../../subgraphs/infrastructure/directive/lifecycle';
import { matchRuleLifecycle } from '../../subgraphs/infrastructure/matching/lifecycle';
import {
  authorizationLifecycle,
  inventoryLifecycle,
  systemLifecycle,
} from '../../subgraphs/infrastructure/system/lifecycle';
import { InfrastructureActor } from '../../subgraphs/infrastructure/timeline/infrastructure-event';
import { databaseKinds } from '../support/databases';
import { Framework } from '../support/framework';
import { type AnyMachine, expectInvalidRefused, type Subject, testTables } from '../support/transitions';
import { CISA, ciso } from './inputs';
import {
  AUTHORIZATION,
  authorizationInput,
  DIRECTIVE,
  directiveInput,
  ITEM,
  itemInput,
  PROGRESS,
  RULE,
  ruleInput,
  SYSTEM,
  systemInput,
} from './system-inputs';

const machines = [
  systemLifecycle,
  authorizationLifecycle,
  inventoryLifecycle,
  matchRuleLifecycle,
  progressLifecycle,
] as unknown as readonly AnyMachine[];
testTables([...machines, directiveLifecycle as unknown as AnyMachine], Object.values(InfrastructureActor));

describe.each(databaseKinds)('invalid transitions of systems and directives, on %s', (kind) => {
  let graph: Framework;
  let subjects: Subject[];
  beforeAll(async () => {
    graph = await Framework.open(kind);
    subjects = await makeSubjects(graph);
  });
  afterAll(() => graph.close());

  test.each(machines.map(({ name }) => name))(
    'rejects each invalid transition of a %s with the possible ones, changing nothing',
    async (name) => {
      await expectInvalidRefused(graph, subjects.find(({ machine }) => machine.name === name)!);
    },
  );

  test('rejects the revocation of a directive that is revoked', async () => {
    const issued = await graph.perform(CISA, 'issueDirective', directiveInput('ED 26-91'), DIRECTIVE);
    const end = { number: issued.number, revokedOn: '2026-06-14' };
    const revoked = await graph.perform(CISA, 'supersedeDirective', { ...end, expectedRevision: 1 }, DIRECTIVE);
    expect(revoked).toMatchObject({ status: 'REVOKED', revision: 2 });
    const { code, extensions } = await graph.refused(CISA, 'supersedeDirective', { ...end, expectedRevision: 2 });
    expect([code, extensions.from, extensions.possibleFrom]).toEqual(['ILLEGAL_TRANSITION', 'REVOKED', ['IN_FORCE']]);
  });
});

const IN_INFRASTRUCTURE = { subgraph: 'infrastructure', timeline: 'infrastructure_event' };

async function makeSubjects(graph: Framework): Promise<Subject[]> {
  const nsa = ciso('nsa');
  const system = await graph.perform(nsa, 'registerSystem', systemInput(), SYSTEM);
  const decision = await graph.perform(nsa, 'recordAuthorization', authorizationInput(system.id), AUTHORIZATION);
  const item = await graph.perform(nsa, 'recordInventory', itemInput(system.id), ITEM);
  const rule = await graph.perform(nsa, 'proposeMatchRule', ruleInput(), RULE);
  await graph.perform(CISA, 'issueDirective', directiveInput('ED 26-90'), DIRECTIVE);
  const progress = await graph.perform(nsa, 'trackDirective', { directive: 'ED 26-90', phase: 1 }, PROGRESS);
  const reason = { reason: 'Because.' };
  return [
    {
      ...IN_INFRASTRUCTURE,
      machine: systemLifecycle as unknown as AnyMachine,
      table: 'federal_system',
      column: 'status',
      id: system.id,
      calls: {
        updateSystem: [nsa, 'updateSystem', { loggingLevel: 3 }],
        linkSystem: [nsa, 'linkSystem', { sectors: ['energy'] }],
        commissionSystem: [nsa],
        modifySystem: [nsa],
        retireSystem: [nsa],
      },
    },
    {
      ...IN_INFRASTRUCTURE,
      machine: authorizationLifecycle as unknown as AnyMachine,
      table: 'system_authorization',
      column: 'state',
      id: decision.id,
      calls: { revokeAuthorization: [nsa, 'revokeAuthorization', { revokedOn: '2026-06-12', ...reason }] },
    },
    {
      ...IN_INFRASTRUCTURE,
      machine: inventoryLifecycle as unknown as AnyMachine,
      table: 'inventory_item',
      column: 'status',
      id: item.id,
      calls: {
        updateInventory: [nsa, 'updateInventory', { count: 2 }],
        tagInventory: [nsa, 'tagInventory', { exposure: 'INTERNAL' }],
        removeInventory: [nsa],
      },
    },
    {
      ...IN_INFRASTRUCTURE,
      machine: matchRuleLifecycle as unknown as AnyMachine,
      table: 'product_match_rule',
      column: 'status',
      id: rule.id,
      calls: { activateMatchRule: [CISA], retireMatchRule: [CISA, 'retireMatchRule', reason] },
    },
    {
      ...IN_INFRASTRUCTURE,
      machine: progressLifecycle as unknown as AnyMachine,
      table: 'directive_progress',
      column: 'status',
      id: progress.id,
      calls: {
        startDirective: [nsa],
        reportCompletion: [nsa],
        verifyCompletion: [CISA],
        returnCompletion: [CISA, 'returnCompletion', reason],
        reportException: [nsa, 'reportException', { exceptionUntil: '2026-09-01', ...reason }],
      },
    },
  ];
}
