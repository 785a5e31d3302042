import { defenseAccessLifecycle } from '../../subgraphs/infrastructure/access/lifecycle';
import { assessmentLifecycle } from '../../subgraphs/infrastructure/capability/lifecycle';
import { caseLifecycle } from '../../subgraphs/infrastructure/clearinghouse/lifecycle';
import { InfrastructureActor } from '../../subgraphs/infrastructure/timeline/infrastructure-event';
import { deploymentLifecycle } from '../../subgraphs/infrastructure/tool/lifecycle';
import { databaseKinds } from '../support/databases';
import { Framework } from '../support/framework';
import { type AnyMachine, expectInvalidRefused, type Subject, testTables } from '../support/transitions';
import {
  ACCESS,
  ASSESSMENT,
  accessInput,
  addSystem,
  assessmentInput,
  CASE,
  CISA,
  caseInput,
  ciso,
  DEPLOYMENT,
  TOOL,
  TREASURY,
  toolInput,
} from './inputs';

const machines = [
  caseLifecycle,
  deploymentLifecycle,
  assessmentLifecycle,
  defenseAccessLifecycle,
] as unknown as readonly AnyMachine[];
testTables(machines, Object.values(InfrastructureActor));

describe.each(databaseKinds)('invalid transitions of infrastructure, on %s', (kind) => {
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
});

const IN_INFRASTRUCTURE = { subgraph: 'infrastructure', timeline: 'infrastructure_event' };

async function makeSubjects(graph: Framework): Promise<Subject[]> {
  const opened = await graph.perform(CISA, 'openCase', caseInput(), CASE);
  const other = await graph.perform(CISA, 'openCase', caseInput(), CASE);
  await addSystem(graph, 'sys_transitions', 'nsa');
  const nsa = ciso('nsa');
  const tool = await graph.perform(CISA, 'registerTool', toolInput(), TOOL);
  const deployment = await graph.perform(nsa, 'planDeployment', { tool: tool.id }, DEPLOYMENT);
  const assessment = await graph.perform(nsa, 'recordAssessment', assessmentInput(), ASSESSMENT);
  const access = await graph.perform(nsa, 'provideDefenseAccess', accessInput({ tool: tool.id }), ACCESS);
  const reason = { reason: 'Because.' };
  return [
    {
      ...IN_INFRASTRUCTURE,
      machine: caseLifecycle as unknown as AnyMachine,
      table: 'clearinghouse_case',
      column: 'status',
      id: opened.id,
      calls: {
        acceptCase: [TREASURY, 'acceptCase', { vendorContactedAt: graph.inDays(0) }],
        declineCase: [TREASURY, 'declineCase', reason],
        validateCase: [TREASURY],
        dismissCase: [TREASURY, 'dismissCase', reason],
        startPatch: [TREASURY, 'startPatch', { vendorName: 'Granite' }],
        recordPatch: [TREASURY],
        publishCase: [TREASURY, 'publishCase', reason],
        closeCase: [TREASURY],
        mergeCases: [TREASURY, 'mergeCases', { intoId: other.id, ...reason }],
        setPriority: [TREASURY, 'setPriority', { priority: 'HIGH' }],
        extendEmbargo: [TREASURY, 'extendEmbargo', { embargoUntil: graph.inDays(9), ...reason }],
        assignCve: [TREASURY, 'assignCve', { cve: 'CVE-2026-0001' }],
        addAffectedSystems: [TREASURY, 'addAffectedSystems', { systems: ['sys_transitions'] }],
      },
    },
    {
      ...IN_INFRASTRUCTURE,
      machine: deploymentLifecycle as unknown as AnyMachine,
      table: 'tool_deployment',
      column: 'stage',
      id: deployment.id,
      calls: {
        startPilot: [nsa, 'startPilot', { haveAto: true }],
        deployTool: [nsa, 'deployTool', { haveAto: true }],
        retireDeployment: [nsa],
        setCoverage: [nsa, 'setCoverage', { systems: [], since: '2026-06-01' }],
      },
    },
    {
      ...IN_INFRASTRUCTURE,
      machine: assessmentLifecycle as unknown as AnyMachine,
      table: 'capability_assessment',
      column: 'status',
      id: assessment.id,
      calls: { correctAssessment: [nsa, 'correctAssessment', { tier: 3, ...reason }] },
    },
    {
      ...IN_INFRASTRUCTURE,
      machine: defenseAccessLifecycle as unknown as AnyMachine,
      table: 'defense_access',
      column: 'status',
      id: access.id,
      calls: {
        endDefenseAccess: [nsa, 'endDefenseAccess', { endedOn: '2026-06-02' }],
        countRecipients: [nsa, 'countRecipients', { recipients: 4 }],
      },
    },
  ];
}
