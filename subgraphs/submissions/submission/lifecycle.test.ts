import { StateMachine } from '#kit/state/state-machine';
import { inquiryLifecycle } from '../inquiry/lifecycle';
import { proposalLifecycle } from '../partner/lifecycle';
import { grantLifecycle, type SubmissionFacts, submissionLifecycle } from './lifecycle';

const moves = submissionLifecycle.transitions.filter((row) => !StateMachine.origins(row).includes(row.to));

/** Every fact that guards may read, by who determines it; the type keeps the list complete. */
const FACTS: Record<keyof SubmissionFacts, 'developer' | 'agencies'> = {
  now: 'developer',
  plannedLaunchAt: 'developer',
  launchedAt: 'developer',
  evidence: 'developer',
  openReviews: 'agencies',
};

test('N1: lets only the developer leave FILED, or intake record a launch on evidence', () => {
  for (const row of moves.filter((row) => StateMachine.origins(row).includes('FILED'))) {
    const government = row.by.filter((actor) => actor !== 'DEVELOPER');
    if (government.length === 0) continue;
    expect([row.trigger, row.to, government]).toEqual(['recordLaunch', 'LAUNCHED', ['INTAKE']]);
    expect(row.guards!.map(({ name }) => name)).toContain('publicEvidence');
  }
  const governments = moves.filter(({ by }) => by.some((actor) => actor !== 'DEVELOPER'));
  expect(governments.map((row) => [StateMachine.origins(row), row.to])).toEqual([
    [['FILED'], 'LAUNCHED'],
    [['LAUNCHED'], 'CLOSED'],
  ]);
});

test('N2: lets the developer always record a launch that has happened, and withdraw', () => {
  const launch = moves.find(({ trigger, by }) => trigger === 'recordLaunch' && by.includes('DEVELOPER'))!;
  expect(launch.guards!.flatMap(({ reads }) => reads).toSorted()).toEqual(['launchedAt', 'now']);
  const withdrawal = moves.find(({ trigger }) => trigger === 'withdrawSubmission')!;
  expect(withdrawal).toEqual({
    trigger: 'withdrawSubmission',
    from: ['FILED', 'LAUNCHED'],
    to: 'WITHDRAWN',
    by: ['DEVELOPER'],
  });
});

test('N3: lets no guard before the launch read anything that agencies do', () => {
  for (const row of submissionLifecycle.transitions)
    for (const { name, reads } of row.guards ?? [])
      for (const fact of reads)
        if (FACTS[fact] === 'agencies')
          expect([name, row.from, row.to]).toEqual(['noOpenReview', 'LAUNCHED', 'CLOSED']);
});

test('I15: lets no guard read coverage inquiries or partner proposals', () => {
  const reads = submissionLifecycle.transitions.flatMap(({ guards }) => guards ?? []).flatMap((guard) => guard.reads);
  expect([...new Set(reads)].toSorted()).toEqual(Object.keys(FACTS).toSorted());
  expect(reads.filter((fact) => /inquir|partner|proposal|designation|coverage/i.test(fact))).toEqual([]);
  // an agreed proposal can move the planned launch only once nothing reads that: after filing
  const guarded = submissionLifecycle.transitions.filter(({ guards }) =>
    guards?.some((guard) => guard.reads.includes('plannedLaunchAt')),
  );
  expect(guarded.map(({ trigger, from }) => [trigger, from])).toEqual([['fileSubmission', 'DRAFT']]);
  const partners = submissionLifecycle.transitions.filter(({ trigger }) => /Partner$/.test(trigger));
  expect(partners.map(({ trigger, from, to }) => [trigger, from, to])).toEqual([
    ['proposePartner', 'FILED', 'FILED'],
    ['agreeToPartner', 'FILED', 'FILED'],
  ]);
});

test('passes a guard only the facts that it declares', () => {
  const reads: string[][] = [];
  const machine = new StateMachine<'A' | 'B', { x: number; y: number }>(
    'thing',
    ['A', 'B'],
    [
      {
        trigger: 'go',
        from: 'A',
        to: 'B',
        by: ['SYSTEM'],
        guards: [{ name: 'g', reads: ['x'], holds: (facts) => reads.push(Object.keys(facts)) > 0, otherwise: '' }],
      },
    ],
  );
  machine.next('A', 'go', 'SYSTEM', { x: 1, y: 2 });
  expect(reads).toEqual([['x']]);
});

test.each([
  ['submission', submissionLifecycle as StateMachine<string>, ['DISCARDED', 'NOT_RELEASED', 'WITHDRAWN', 'CLOSED']],
  ['coverage inquiry', inquiryLifecycle as StateMachine<string>, ['ANSWERED', 'WITHDRAWN']],
  ['partner proposal', proposalLifecycle as StateMachine<string>, ['NOT_PURSUED', 'WITHDRAWN']],
  ['grant', grantLifecycle as StateMachine<string>, ['ENDED', 'RESCINDED', 'DECLINED']],
])('reaches every state of the %s table, and leaves no terminal state', (_name, machine, ends) => {
  expect(machine.terminal).toEqual(ends);
  const reached = new Set<string | null>([null]);
  for (let before = -1; before !== reached.size; ) {
    before = reached.size;
    for (const row of machine.transitions)
      if (StateMachine.origins(row).some((state) => reached.has(state))) reached.add(row.to);
  }
  expect(machine.states.filter((state) => !reached.has(state))).toEqual([]);
});
