import { LevelBars } from '../charts/level-bars';
import { useFeed } from '../feed';
import { month, NO_VALUE, sentence } from '../format';
import { operations } from '../operations';
import { Empty, Panel } from '../panel';
import { isElevated, SECTOR_LEVELS, type SectorRow, type SectorsAnswer, sectorRows } from './sectors';

const NEEDS = { paths: ['sectors'], reads: ['Query.sectors'] } as const;

function sectorTable(rows: readonly SectorRow[]) {
  const quarters = rows[0]?.quarters.map(({ asOf }) => month(asOf)) ?? [];
  return {
    columns: ['Sector', 'Managed by', 'Level now', 'Against a year ago', ...quarters],
    numbersFrom: 99,
    rows: rows.map(({ name, leadAgency, level, direction, quarters: levels }) => [
      name,
      leadAgency ?? NO_VALUE,
      level ? sentence(level) : NO_VALUE,
      { '▲': 'higher', '▼': 'lower', '–': 'the same' }[direction],
      ...levels.map((quarter) => sentence(SECTOR_LEVELS[quarter.level - 1]!)),
    ]),
  };
}

/** Sectors that the page at a glance has room for. */
const SHOWN = 8;

export function SectorRisk() {
  const feed = useFeed<SectorsAnswer>(operations.sectors);
  const rows = feed.data ? sectorRows(feed.data) : [];
  const elevated = rows.filter(isElevated);
  return (
    <Panel
      title="Sector risk"
      unit={() => (rows.length > 0 ? `${elevated.length} of ${rows.length} elevated or high` : undefined)}
      operation={operations.sectors}
      feed={feed}
      {...NEEDS}
      figure={() => `${elevated.length} of ${rows.length} elevated or high`}
      table={() => sectorTable(rows)}
    >
      {() =>
        rows.length === 0 ? (
          <Empty>No sectors are recorded.</Empty>
        ) : (
          <>
            <ul class="sectors">
              {rows.slice(0, SHOWN).map((row) => (
                <li key={row.key}>
                  <b>{row.name}</b>
                  <LevelBars
                    levels={row.quarters.map(({ level }) => level)}
                    max={SECTOR_LEVELS.length}
                    isHigh={isElevated(row)}
                  />
                  <span class="num">
                    {row.level ? sentence(row.level) : NO_VALUE} {row.direction}
                  </span>
                </li>
              ))}
            </ul>
            <p class="small muted">
              Last 8 quarters; ▲ ▼ – against a year ago.{' '}
              {rows.length > SHOWN && <a href="/dashboard/infrastructure">All {rows.length} sectors</a>}
            </p>
          </>
        )
      }
    </Panel>
  );
}

/** All sectors by quarter, with the level as a word in each cell. */
export function SectorMatrix() {
  const feed = useFeed<SectorsAnswer>(operations.sectors);
  const rows = feed.data ? sectorRows(feed.data) : [];
  return (
    <Panel
      title="Sectors by quarter"
      unit="risk level of critical infrastructure sectors"
      operation={operations.sectors}
      feed={feed}
      {...NEEDS}
      figure={() => `${rows.filter(isElevated).length} of ${rows.length} elevated or high`}
      table={() => sectorTable(rows)}
    >
      {() => (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: scrolls by keyboard on narrow screens
        <section class="scroll" tabIndex={0} aria-label="Levels of each sector by quarter">
          <table class="data compact levels">
            <thead>
              <tr>
                <th scope="col">Sector</th>
                {rows[0]?.quarters.map(({ asOf }) => (
                  <th key={asOf} scope="col">
                    {month(asOf)}
                  </th>
                ))}
                <th scope="col">Year</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.key}>
                  <th scope="row">{row.name}</th>
                  {row.quarters.map(({ asOf, level }) => (
                    <td key={asOf} class={`level level-${level}`}>
                      {sentence(SECTOR_LEVELS[level - 1]!)}
                    </td>
                  ))}
                  <td>{row.direction}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Panel>
  );
}
