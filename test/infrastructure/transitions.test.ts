import { defenseAccessLifecycle } from '../../subgraphs/infrastructure/access/lifecycle';
import { assessmentLifecycle } from '../../subgraphs/infrastructure/capability/lifecycle';
import { caseLifecycle } from '../../subgraphs/infrastructure/clearinghouse/lifecycle';
import { triageLifecycle } from '../../subgraphs/infrastructure/remediation/triage-lifecycle';
import { acceptanceLifecycle } from '../../subgraphs/infrastructure/risk/acceptance-lifecycle';
import { milestoneLifecycle, poamLifecycle } from '../../subgraphs/infrastructure/risk/poam-lifecycle';
import { InfrastructureActor } from '../../subgraphs/infrastructure/timeline/infrastructure-event';
import { deploymentLifecycle } from '../../subgraphs/infrastructure/tool/lifecycle';
import { findingLifecycle } from '../../subgraphs/infrastructure/vulnerability/lifecycle';
import { databaseKinds } from '../support/databases';
import { Framework } from '../support/framework';
import {
  type AnyMachine,
  expectHiddenAsMissing,
  expectInvalidRefused,
  type Subject,
  testTables,
} from '../support/transitions';
import {
  ACCEPTANCE,
  ACCESS,
  ASSESSMENT,
  accessInput,
  addSystem,
  addVulnerabilities,
  assessmentInput,
  CASE,
  CISA,
  caseInput,
  ciso,
  DEPLOYMENT,
  POAM_ITEM,
  SHA256,
  TOOL,
  TREASURY,
  toolInput,
  VULNERABILITY_FINDING,
} from './inputs';

const machines = [
  caseLifecycle,
  deploymentLifecycle,
  assessmentLifecycle,
  defenseAccessLifecycle,
  findingLifecycle,
  triageLifecycle,
  acceptanceLifecycle,
  poamLifecycle,
  milestoneLifecycle,
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

  // statements do not depend on the database
  if (kind === 'sqlite')
    test('answers for objects of another agency with the statements of missing ones', async () => {
      for (const subject of subjects) await expectHiddenAsMissing(graph, subject);
    });

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
  await addVulnerabilities(graph, [{ cveId: 'CVE-2026-0001', kevForensicTriage: true }]);
  const reported = {
    ...{ system: 'sys_transitions', vulnerability: 'CVE-2026-0001' },
    ...{ detectedAt: graph.inDays(0), method: 'scan' },
  };
  const finding = await graph.perform(nsa, 'reportFinding', reported, VULNERABILITY_FINDING);
  const proposal = { findings: [finding.id], ...reason };
  const acceptance = await graph.perform(nsa, 'proposeAcceptance', proposal, ACCEPTANCE);
  const plan = {
    ...{ system: 'sys_transitions', title: 'Weakness', description: 'A weakness.', findings: [finding.id] },
    ...{ controls: [], milestones: [{ title: 'Patch', dueOn: '2026-07-01' }], responsibleRole: 'system owner' },
  };
  const poamItem = await graph.perform(nsa, 'openPoamItem', plan, POAM_ITEM);
  const evidence = { evidence: 'Seen.' };
  return [
    {
      ...IN_INFRASTRUCTURE,
      machine: findingLifecycle as unknown as AnyMachine,
      table: 'vulnerability_finding',
      column: 'status',
      id: finding.id,
      calls: {
        confirmFinding: [nsa, 'confirmFinding', evidence],
        dismissFinding: [nsa, 'dismissFinding', evidence],
        startRemediation: [nsa],
        recordMitigation: [
          nsa,
          'recordMitigation',
          { mitigation: 'Shut off.', evidence: SHA256, satisfiesAction: false, reviewOn: '2026-07-01' },
        ],
        recordMitigationFailure: [nsa, 'recordMitigationFailure', reason],
        recordRemediation: [nsa, 'recordRemediation', { method: 'UPDATED', remediatedAt: graph.inDays(0) }],
        verifyRemediation: [nsa, 'verifyRemediation', { scannedAt: graph.inDays(0) }],
        recordRemediationFailure: [nsa, 'recordRemediationFailure', reason],
      },
    },
    {
      ...IN_INFRASTRUCTURE,
      machine: triageLifecycle as unknown as AnyMachine,
      table: 'forensic_triage',
      column: 'status',
      id: finding.triage.id,
      calls: {
        recordScoping: [nsa, 'recordScoping', { assets: 'Two servers.' }],
        recordEvidence: [nsa, 'recordEvidence', { evidence: SHA256, summary: 'Memory.' }],
        decideTriage: [nsa, 'decideTriage', { outcome: 'NO_EVIDENCE', summary: 'Nothing found.' }],
      },
    },
    {
      ...IN_INFRASTRUCTURE,
      machine: acceptanceLifecycle as unknown as AnyMachine,
      table: 'risk_acceptance',
      column: 'status',
      id: acceptance.id,
      calls: {
        acceptRisk: [nsa, 'acceptRisk', { expiresOn: '2026-07-01' }],
        declineAcceptance: [nsa, 'declineAcceptance', reason],
        revokeAcceptance: [nsa, 'revokeAcceptance', reason],
      },
    },
    {
      ...IN_INFRASTRUCTURE,
      machine: poamLifecycle as unknown as AnyMachine,
      table: 'poam_item',
      column: 'status',
      id: poamItem.id,
      calls: {
        investigate: [nsa, 'movePoamItem', { to: 'INVESTIGATING' }],
        remediate: [nsa, 'movePoamItem', { to: 'REMEDIATING' }],
        requestDeviation: [nsa, 'movePoamItem', { to: 'DEVIATION_REQUESTED' }],
        acceptDeviation: [nsa, 'movePoamItem', { to: 'DEVIATION_ACCEPTED', acceptance: acceptance.id }],
        closePoamItem: [nsa],
      },
    },
    {
      ...IN_INFRASTRUCTURE,
      machine: milestoneLifecycle as unknown as AnyMachine,
      table: 'poam_milestone',
      column: 'status',
      id: poamItem.milestones.nodes[0].id,
      calls: { completeMilestone: [nsa, 'completeMilestone', { doneOn: '2026-06-01' }] },
    },
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
