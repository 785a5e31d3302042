import { momentsAt } from '../calendar';
import { clock } from '../clock';
import { useFeed } from '../feed';
import { fiscalYear } from '../format';
import { operations } from '../operations';
import { Page } from '../page';
import { Capability } from '../panels/capability-panel';
import { OverdueByPolicyRow } from '../panels/exposure-panels';
import { EnteredOnDuty, InTheWindow, OpenReviews, OverdueExposures, TimeToHire } from '../panels/headlines';
import { SectorRisk } from '../panels/sector-panels';
import { AiTools } from '../panels/tools-panel';
import { NextToLaunch, Windows } from '../panels/window-panels';

/** `/dashboard`: the order at a glance. */
export function Glance() {
  const { year, dayOfYear } = momentsAt(clock.value);
  return (
    <Page
      title="The order at a glance"
      about={`Executive Order 14409. ${fiscalYear(year)}, day ${dayOfYear} of 365.`}
      feeds={[useFeed(operations.glance), useFeed(operations.windows)]}
      sources={['submissions', 'reviews', 'workforce', 'infrastructure']}
      notes={
        <>
          <LineKey />
          <span>Suppressed: 1 to 4, or what would reveal it.</span>
          <span>Reviews and determinations are advice; no figure here affects a launch.</span>
        </>
      }
    >
      <div class="grid five">
        <InTheWindow />
        <OpenReviews />
        <EnteredOnDuty />
        <TimeToHire />
        <OverdueExposures />
      </div>
      <div class="grid two-one">
        <Windows />
        <NextToLaunch />
      </div>
      <div class="grid four">
        <OverdueByPolicyRow />
        <AiTools />
        <Capability />
        <SectorRisk />
      </div>
    </Page>
  );
}

/** What the lines mean. */
export const LineKey = () => (
  <>
    {(
      [
        ['data-line', 'this year'],
        ['prev-line', 'last year'],
        ['goal', 'goal'],
      ] as const
    ).map(([kind, name]) => (
      <span key={kind} class="line-key">
        <svg viewBox="0 0 26 6" width={26} height={6} aria-hidden="true">
          <line class={kind} x1={0} x2={26} y1={3} y2={3} />
        </svg>
        {name}
      </span>
    ))}
  </>
);
