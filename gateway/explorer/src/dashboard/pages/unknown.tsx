import { Page } from '../page';

/** A path that the dashboard has no page for. */
export const Unknown = () => (
  <Page title="No such page" about="The dashboard has no page at this address." feeds={[]} sources={[]} notes="">
    <p>
      <a href="/dashboard">The order at a glance</a>
    </p>
  </Page>
);
