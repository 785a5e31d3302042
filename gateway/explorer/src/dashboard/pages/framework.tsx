import { useFeed } from '../feed';
import { operations } from '../operations';
import { Page } from '../page';
import {
  Breaches,
  DeterminationsByAgency,
  FiledByQuarter,
  FrameworkFigures,
  ReviewsByStage,
  ReviewsPastLaunch,
} from '../panels/framework-panels';
import { OpenWindows } from '../panels/open-windows';

/** `/dashboard/framework`: submissions, windows, determinations, and reviews. */
export function Framework() {
  return (
    <Page
      title="Voluntary framework"
      about="Filing is voluntary. Agencies advise; developers decide when to launch."
      feeds={[useFeed(operations.framework), useFeed(operations.windows)]}
      sources={['submissions', 'reviews']}
      notes={
        <>
          <Breaches />
          <span>Last year: the same day of the fiscal year before.</span>
          <span>
            Totals of 1 to 4, and figures from which one would follow, are suppressed; rows you may read are shown in
            full.
          </span>
          <span>No answer from an agency is shown as “none yet”, never as consent.</span>
        </>
      }
    >
      <FrameworkFigures />
      <div class="grid two-one">
        <OpenWindows />
        <div class="stack">
          <FiledByQuarter />
          <DeterminationsByAgency />
          <ReviewsByStage />
          <ReviewsPastLaunch />
        </div>
      </div>
    </Page>
  );
}
