import { kept, record } from '#kit/model/record';

/** Review as reported by events: enough to know whether it is open. */
@record('known_review', { index: [['submissionId']] })
export class KnownReview {
  @kept({ primary: true, length: 30 }) id!: string;
  @kept({ length: 30 }) submissionId!: string;
  @kept({ length: 60 }) agencyKey!: string;
  @kept({ type: 'boolean' }) open!: boolean;
}
