import { agencyName } from '../../ui/agency-name';
import { sentence } from '../format';
import { Page } from '../page';
import {
  AgencyCapability,
  AgencyCounts,
  AgencyFigures,
  AgencyOverdue,
  AgencyReviewers,
  AgencyReviews,
  AgencyRoles,
  useAgency,
} from '../panels/agency-panels';

const ROLES: Readonly<Record<string, string>> = {
  LEAD: 'Lead agency under the order',
  CONSULTED: 'Consulted under the order',
  ENFORCEMENT: 'Enforcement under the order',
  WORKFORCE: 'Workforce under the order',
};

/** `/dashboard/agencies/<key>`: one agency in all programs. */
export function AgencyPage({ agency: key }: { readonly agency: string }) {
  const feed = useAgency(key);
  const agency = feed.data?.agency;
  if (agency === null)
    return (
      <Page
        title="No such agency"
        about={`The graph has no agency with the key “${key}”.`}
        feeds={[]}
        sources={[]}
        notes=""
      >
        <p>
          <a href="/dashboard/agencies">All agencies</a>
        </p>
      </Page>
    );
  const sectors = agency?.leadsSectors?.nodes.map(({ name }) => name) ?? [];
  const about = [
    agency?.orderRole ? ROLES[agency.orderRole] : agency ? sentence(agency.kind) : '',
    sectors.length > 0 ? `sector manager for ${sectors.join(', ')}` : '',
  ].filter(Boolean);
  return (
    <Page
      title={agency?.name ?? agencyName(key)}
      about={about.length > 0 ? `${about.join('; ')}.` : ''}
      feeds={[feed]}
      sources={['submissions', 'reviews', 'workforce', 'infrastructure']}
      notes={
        <>
          <AgencyCounts agency={key} />
          <span>Rows you may read are shown in full.</span>
        </>
      }
    >
      <AgencyFigures agency={key} />
      <div class="grid two">
        <AgencyReviews agency={key} />
        <AgencyOverdue agency={key} />
      </div>
      <div class="grid roles">
        <AgencyRoles agency={key} />
        <AgencyReviewers agency={key} />
        <AgencyCapability agency={key} />
      </div>
    </Page>
  );
}
