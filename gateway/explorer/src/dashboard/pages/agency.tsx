import { Unknown } from './unknown';
export const AgencyPage = (_: { agency: string }) => <Unknown />;
