import { kept, record } from '#kit/model/record';

/** That a reviewer has read a finding as it was in one revision: what the rule of the second reviewer looks at. */
@record('finding_reading', { index: [['findingId']] })
export class FindingReading {
  /** Finding and reader. */
  @kept({ primary: true, length: 140 }) id!: string;
  @kept({ length: 30 }) findingId!: string;
  @kept({ length: 100 }) reader!: string;
  @kept({ type: 'int', name: 'version' }) revision!: number;
  @kept({ length: 24 }) readAt!: string;
}
