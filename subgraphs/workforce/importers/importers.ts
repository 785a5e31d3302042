import type { Importer } from '#kit/import/importer';
import { cancelledAnnouncements, dataScientistAnnouncements, postings } from './announcements';
import { appointmentTypes, occupationalSeries, opmAgencies } from './codes';
import { announcementStatistics, workforceFlows } from './counts';
import { dcwfKsats, dcwfRoles, niceRoles } from './work-roles';

export const importers: readonly Importer[] = [
  dcwfKsats,
  dcwfRoles,
  niceRoles,
  occupationalSeries,
  appointmentTypes,
  opmAgencies,
  postings,
  cancelledAnnouncements,
  dataScientistAnnouncements,
  announcementStatistics,
  workforceFlows,
];
