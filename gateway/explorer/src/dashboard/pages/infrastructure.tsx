import { useFeed } from '../feed';
import { operations } from '../operations';
import { Page } from '../page';
import { Capability } from '../panels/capability-panel';
import { DueSoon, OverdueByAgency, OverdueByPolicyRow, PolicyRows } from '../panels/exposure-panels';
import { Directives, InfrastructureFigures } from '../panels/infrastructure-panels';
import { SectorMatrix } from '../panels/sector-panels';
import { AiTools } from '../panels/tools-panel';

/** `/dashboard/infrastructure`: exposures, tools, capability, and sectors. */
export function Infrastructure() {
  return (
    <Page
      title="Infrastructure"
      about="Is federal defense getting stronger, and where is it late?"
      feeds={[useFeed(operations.infrastructure), useFeed(operations.exposures)]}
      sources={['infrastructure']}
      notes={
        <span>
          Totals of 1 to 4, and figures from which one would follow, are suppressed. Findings on system upgrade have no
          due date and are never overdue.
        </span>
      }
    >
      <InfrastructureFigures />
      <div class="grid two-one">
        <PolicyRows />
        <div class="stack">
          <OverdueByPolicyRow />
          <DueSoon />
        </div>
      </div>
      <div class="grid three">
        <OverdueByAgency />
        <AiTools />
        <Capability />
      </div>
      <div class="grid two-one">
        <SectorMatrix />
        <Directives />
      </div>
    </Page>
  );
}
