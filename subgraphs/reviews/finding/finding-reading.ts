import { kept, record } from '#kit/model/record';

/** Reading of one revision of a finding by a reviewer. The secondReviewer guard counts readings. */
@record('finding_reading', { index: [['findingId']] })
export class FindingReading {
  @kept({ primary: true, length: 140 }) id!: string;
  @kept({ length: 30 }) findingId!: string;
  @kept({ length: 100 }) reader!: string;
  @kept({ type: 'int', name: 'version' }) revision!: number;
  @kept({ length: 24 }) readAt!: string;
}
