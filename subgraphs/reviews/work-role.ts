import { hasMany } from '#kit/collection/connection';
import { stub, stubKey } from '#kit/model/model';
import { Reviewer } from './review/reviewer';

@stub('A role of the cyber and AI workforce.', { key: 'code', matchedBy: 'workRoleKeys' })
export class WorkRole {
  @stubKey() code!: string;
  @hasMany(() => Reviewer, 'workRoleCode', 'Reviewers with this work role.') reviewers!: unknown;
}
