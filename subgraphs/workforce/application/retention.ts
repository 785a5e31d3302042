import { addDays, civilDate, startOfDay } from '#base/civil';
import { readSettings } from '#base/settings';
import { recordsSettings } from '#domain/settings';

const { candidateDays, sharingDays } = readSettings(recordsSettings);

/** Day until which data of a candidate are kept. @param since day on which the last announcement closes, or of the recording */
export const retainedUntil = (since: string): string => addDays(since, candidateDays);

/** Instant at which the sharing period of a certificate ends. */
export function sharableUntil(issuedAt: string): string {
  return startOfDay(addDays(civilDate(issuedAt), sharingDays));
}
