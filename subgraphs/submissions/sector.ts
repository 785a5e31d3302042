import { stub, stubKey } from '#kit/model/model';

@stub('A critical-infrastructure sector.', { key: 'key', resolvable: false, matchedBy: 'sectorKeys' })
export class Sector {
  @stubKey() key!: string;
}
