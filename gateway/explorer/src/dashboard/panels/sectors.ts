/** Answer of `sectors.graphql`. */
export interface SectorsAnswer {
  readonly sectors: {
    readonly nodes: readonly {
      readonly key: string;
      readonly name: string;
      readonly riskLevel: SectorLevel | null;
      readonly leadAgency: { readonly key: string; readonly name: string } | null;
      readonly risks: { readonly nodes: readonly { readonly asOf: string; readonly level: SectorLevel }[] };
    }[];
  } | null;
}

/** From lowest to highest. */
export const SECTOR_LEVELS = ['LOW', 'GUARDED', 'ELEVATED', 'HIGH'] as const;
export type SectorLevel = (typeof SECTOR_LEVELS)[number];

export interface SectorRow {
  readonly key: string;
  readonly name: string;
  readonly leadAgency: string | undefined;
  readonly level: SectorLevel | undefined;
  /** Against the level of four quarters ago. */
  readonly direction: '▲' | '▼' | '–';
  /** Quarters with their levels from 1 to 4, oldest first. */
  readonly quarters: readonly { readonly asOf: string; readonly level: number }[];
}

const QUARTERS_A_YEAR = 4;

/** Sectors from the highest level, by name within a level. */
export function sectorRows({ sectors }: SectorsAnswer): SectorRow[] {
  const rank = (level: SectorLevel | undefined) => (level ? SECTOR_LEVELS.indexOf(level) + 1 : 0);
  return (sectors?.nodes ?? [])
    .map(({ key, name, riskLevel, leadAgency, risks }): SectorRow => {
      const before = risks.nodes[QUARTERS_A_YEAR]?.level;
      const difference = before && riskLevel ? rank(riskLevel) - rank(before) : 0;
      return {
        key,
        name,
        leadAgency: leadAgency?.name,
        level: riskLevel ?? undefined,
        direction: difference > 0 ? '▲' : difference < 0 ? '▼' : '–',
        quarters: risks.nodes.map(({ asOf, level }) => ({ asOf, level: rank(level) })).reverse(),
      };
    })
    .sort((one, other) => rank(other.level) - rank(one.level) || one.name.localeCompare(other.name));
}

export const isElevated = ({ level }: SectorRow): boolean => level === 'ELEVATED' || level === 'HIGH';
