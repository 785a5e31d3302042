import '../styles/base.css';
import '../styles/dashboard.css';
import { render } from 'preact';
import { Keys } from './keys';
import { Agencies } from './pages/agencies';
import { AgencyPage } from './pages/agency';
import { Clearinghouse } from './pages/clearinghouse';
import { Framework } from './pages/framework';
import { Glance } from './pages/glance';
import { Infrastructure } from './pages/infrastructure';
import { Unknown } from './pages/unknown';
import { Workforce } from './pages/workforce';
import { followLinks, path } from './route';

const PAGES: Readonly<Record<string, () => preact.JSX.Element>> = {
  '/dashboard': Glance,
  '/dashboard/framework': Framework,
  '/dashboard/workforce': Workforce,
  '/dashboard/infrastructure': Infrastructure,
  '/dashboard/clearinghouse': Clearinghouse,
  '/dashboard/agencies': Agencies,
};

function Dashboard() {
  const current = path.value.replace(/\/$/, '');
  const agency = /^\/dashboard\/agencies\/([^/]+)$/.exec(current)?.[1];
  const Current = PAGES[current] ?? Unknown;
  return (
    <>
      {agency === undefined ? <Current /> : <AgencyPage key={agency} agency={decodeURIComponent(agency)} />}
      <Keys />
    </>
  );
}

followLinks();
render(<Dashboard />, document.getElementById('page')!);
