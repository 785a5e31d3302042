import { useFeed } from '../feed';
import { operations } from '../operations';
import { Page } from '../page';
import {
  DaysToHireByMonth,
  FillByTalentArea,
  Flows,
  HiresAgainstGoal,
  HiresByAgency,
  RolesLackingMost,
  StagesOfHiring,
  WorkforceFigures,
} from '../panels/workforce-panels';

/** `/dashboard/workforce`: hiring, posts, and flows. */
export function Workforce() {
  return (
    <Page
      title="Workforce"
      about="Are we hiring the people the order needs, and how fast?"
      feeds={[useFeed(operations.workforce)]}
      sources={['workforce']}
      notes={
        <span>Totals of 1 to 4, and figures from which one would follow, are suppressed. Medians, not means.</span>
      }
    >
      <WorkforceFigures />
      <div class="grid two-one">
        <HiresAgainstGoal />
        <DaysToHireByMonth />
      </div>
      <div class="grid three">
        <RolesLackingMost />
        <StagesOfHiring />
        <HiresByAgency />
      </div>
      <div class="grid two-one">
        <Flows />
        <FillByTalentArea />
      </div>
    </Page>
  );
}
