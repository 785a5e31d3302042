import { hasMany } from '#kit/collection/connection';
import { stub, stubKey } from '#kit/model/model';
import { Reviewer } from './review/reviewer';

/** A work role, as the reviews program extends it. */
@stub('A role of the cyber and AI workforce.', { key: 'code' })
export class WorkRole {
  @stubKey() code!: string;
  @hasMany(() => Reviewer, 'workRoleCode', 'Reviewers whose post is of the role.') reviewers!: unknown;
}
