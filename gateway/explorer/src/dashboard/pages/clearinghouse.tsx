import { useFeed } from '../feed';
import { operations } from '../operations';
import { Page } from '../page';
import {
  CasesByQuarter,
  CasesBySector,
  CasesBySource,
  CasesByStatus,
  ClearinghouseFigures,
  DaysToPatchByQuarter,
} from '../panels/clearinghouse-panels';

/** `/dashboard/clearinghouse`: cases from report to patch and publication. */
export function Clearinghouse() {
  return (
    <Page
      title="Clearinghouse"
      about="Flaws that reviews, industry, and agencies report, until a patch is published."
      feeds={[useFeed(operations.clearinghouse)]}
      sources={['infrastructure']}
      notes={<span>Cases that you may see. Figures leave out values that your role may not read.</span>}
    >
      <ClearinghouseFigures />
      <div class="grid two">
        <CasesByQuarter />
        <DaysToPatchByQuarter />
      </div>
      <div class="grid two">
        <div class="stack">
          <CasesByStatus />
          <CasesBySource />
        </div>
        <CasesBySector />
      </div>
    </Page>
  );
}
