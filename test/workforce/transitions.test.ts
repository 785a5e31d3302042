import { hiringGoalLifecycle } from '../../subgraphs/workforce/goal/lifecycle';
import { positionLifecycle } from '../../subgraphs/workforce/position/lifecycle';
import { WorkforceActor } from '../../subgraphs/workforce/timeline/workforce-event';
import { databaseKinds } from '../support/databases';
import { Framework } from '../support/framework';
import { type AnyMachine, expectInvalidRefused, type Subject, testTables } from '../support/transitions';
import { GOAL, goalInput, HR, hr, POSITION, positionInput } from './inputs';

const machines = [positionLifecycle, hiringGoalLifecycle] as unknown as readonly AnyMachine[];
testTables(machines, Object.values(WorkforceActor));

describe.each(databaseKinds)('invalid transitions of workforce, on %s', (kind) => {
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

async function makeSubjects(graph: Framework): Promise<Subject[]> {
  const position = await graph.perform(HR, 'createPosition', positionInput(), POSITION);
  const goal = await graph.perform(HR, 'setHiringGoal', goalInput(), GOAL);
  const reason = { reason: 'Because.' };
  const nsa = hr('nsa');
  return [
    {
      machine: positionLifecycle as unknown as AnyMachine,
      subgraph: 'workforce',
      timeline: 'workforce_event',
      table: 'position',
      column: 'status',
      id: position.id,
      calls: {
        fundPosition: [nsa],
        recordReassignment: [nsa],
        recordSeparation: [nsa, 'recordSeparation', { kind: 'QUIT' }],
        freezePosition: [nsa, 'freezePosition', reason],
        unfreezePlanned: [nsa, 'unfreezePosition'],
        unfreezeVacant: [nsa, 'unfreezePosition'],
        unfreezeInHiring: [nsa, 'unfreezePosition'],
        abolishPosition: [nsa, 'abolishPosition', reason],
        updatePosition: [nsa, 'updatePosition', { title: 'Other' }],
      },
    },
    {
      machine: hiringGoalLifecycle as unknown as AnyMachine,
      subgraph: 'workforce',
      timeline: 'workforce_event',
      table: 'hiring_goal',
      column: 'status',
      id: goal.id,
      calls: {
        retireGoal: [nsa, 'retireGoal', reason],
        reviseHiringGoal: [nsa, 'reviseHiringGoal', { target: 1, ...reason }],
      },
    },
  ];
}
