import { Index } from 'typeorm';
import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  computed,
  dateTime,
  exerciseFlag,
  generatedId,
  integer,
  longText,
  oneOf,
  refersTo,
  revisionNumber,
  text,
  textList,
} from '#kit/model/fields';
import { model } from '#kit/model/model';
import type { Context } from '#kit/subgraph/context';
import { Agency } from '../agency';
import { SavedQuestionVersion } from './saved-question-version';

export const QuestionProgram = enumeration('QuestionProgram', 'Program that a saved question is about.', {
  ACROSS_PROGRAMS: 'Several programs.',
  VOLUNTARY_FRAMEWORK: 'Submissions, and reviews by agencies.',
  WORKFORCE: 'Work roles, positions, and hiring.',
  INFRASTRUCTURE: 'Systems, vulnerabilities, and defensive tools.',
  CLEARINGHOUSE: 'Cases of the clearinghouse.',
});
export type QuestionProgram = ValueOf<typeof QuestionProgram>;

@model('GraphQL query that a caller saved under a name.', { order: ['name'], sensitivity: 'GOV' })
@Index(['ownerPersonKey', 'name'], { unique: true })
@Index(['ownerPersonKey', 'place'], { unique: true })
export class SavedQuestion {
  @generatedId('sqn') id!: string;
  @text('Name, unique among the questions of its owner.', { length: 120, filter: true, order: true, aggregate: false })
  name!: string;
  @longText('What the question is for.', { nullable: true }) description!: string | null;
  @oneOf(() => QuestionProgram, 'Program that it is about.', { filter: true, order: true }) program!: QuestionProgram;
  @text('Subject of the owner, as the issuer of its tokens names it.', {
    length: 200,
    sensitivity: 'PII',
    aggregate: false,
  })
  owner!: string;
  /** Person who owns it, independent of its roles. */
  @text('Key of the owner.', { length: 60, hidden: true }) ownerPersonKey!: string;
  /** Place among the questions of its owner, so that saves at the same time cannot exceed the limit. */
  @integer('Place.', { hidden: true }) place!: number;
  /** Bytes of its description and all its versions, for the limit of its owner. */
  @integer('Bytes.', { hidden: true, default: 0 }) storedBytes!: number;
  @refersTo(() => Agency, 'Agency for which the owner saved it. Null without one.', { as: 'agency', nullable: true })
  agencyKey!: string | null;
  @integer('Number of the current version.', { order: true, aggregate: false }) currentVersion!: number;
  @textList('Names of the roles whose callers may read it. If empty, only the owner, operators, and oversight do.')
  sharedWithRoles!: string[];
  @integer('Number of the version that every caller may send. Null if none is trusted.', {
    nullable: true,
    filter: true,
    aggregate: false,
  })
  trustedVersion!: number | null;
  @dateTime('Time at which it was saved.', { filter: true, order: true }) createdAt!: string;
  @dateTime('Time of its last change.', { filter: true, order: true }) updatedAt!: string;
  @dateTime('Time at which it was retired. Null while it is in use.', { nullable: true, filter: true, order: true })
  retiredAt!: string | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @computed(() => Boolean, 'Whether a version of it is trusted.', {
    derivedFrom: ['SavedQuestion.trustedVersion'],
    conditions: {
      true: (column) => `${column('trustedVersion')} IS NOT NULL`,
      false: (column) => `${column('trustedVersion')} IS NULL`,
    },
  })
  trusted(): boolean {
    return this.trustedVersion !== null;
  }

  @computed(() => SavedQuestionVersion, 'The current version.', { nullable: true })
  async current({ loaders }: Context): Promise<SavedQuestionVersion | null> {
    return (await loaders.byKey(SavedQuestionVersion).load(versionId(this.id, this.currentVersion))) as never;
  }

  @hasMany(() => SavedQuestionVersion, 'questionId', 'Versions, oldest first.') versions!: unknown;
}

/** Key of a version. */
export const versionId = (questionId: string, number: number): string => `${questionId}-${number}`;
