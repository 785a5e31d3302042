import { dayOf } from '../calendar';
import { BarList } from '../charts/bar-list';
import { Spark } from '../charts/spark';
import { clock } from '../clock';
import { useFeed } from '../feed';
import { count, month, NO_VALUE, ofTotal, percent, SUPPRESSED, sentence } from '../format';
import { operations } from '../operations';
import { Panel } from '../panel';
import { coverageByMonth, coverageOf, monthBack, type ToolsAnswer } from './tools';

const MONTHS = 13;

export function AiTools() {
  const feed = useFeed<ToolsAnswer>(operations.tools);
  const { data } = feed;
  const today = dayOf(clock.value);
  const levels = data ? coverageOf(data, monthBack(today, 12)) : [];
  const sum = (name: 'covered' | 'systems' | 'coveredYearAgo') =>
    levels.reduce((total, level) => total + level[name], 0);
  const all = { numerator: sum('covered'), denominator: sum('systems') };
  const months = data ? coverageByMonth(data, today, 2 * MONTHS - 1) : [];
  const overdue = (covered: boolean) => {
    const row = data?.overdueByToolCoverage?.find(({ coveredByAiTool }) => coveredByAiTool === covered);
    if (!row) return NO_VALUE;
    if (row.suppressed.includes('overduePerSystem')) return SUPPRESSED;
    return row.overduePerSystem === null ? NO_VALUE : count(100 * row.overduePerSystem);
  };
  return (
    <Panel
      title="AI-powered tools"
      unit="systems covered"
      operation={operations.tools}
      feed={feed}
      paths={['federalSystems']}
      reads={['Query.federalSystems', 'FederalSystem.coveredByAiTool']}
      figure={() => `${percent(all)} of ${count(all.denominator)} systems`}
      table={() => ({
        columns: ['Impact level or month', 'Covered', 'Systems', 'Covered a year ago'],
        rows: [
          ...levels.map(({ level, covered, systems, coveredYearAgo }) => [
            sentence(level),
            covered,
            systems,
            coveredYearAgo,
          ]),
          ...months.map(({ from, covered }) => [month(from), covered, '', '']),
        ],
      })}
    >
      {() => (
        <>
          <div class="headline small-headline">
            <span class="figure">{percent(all)}</span>
            <span class="beside">
              <span>
                {ofTotal(all)} systems; a year ago{' '}
                {percent({ numerator: sum('coveredYearAgo'), denominator: all.denominator })}
              </span>
            </span>
          </div>
          <BarList
            isShare
            max={1}
            bars={levels.map(({ level, covered, systems, coveredYearAgo }) => ({
              key: level,
              label: `${sentence(level)} impact`,
              value: systems === 0 ? 0 : covered / systems,
              tick: systems === 0 ? 0 : coveredYearAgo / systems,
              text: (
                <>
                  <b>{percent({ numerator: covered, denominator: systems })}</b> of {count(systems)}
                </>
              ),
            }))}
          />
          {months.length > 0 && (
            <Spark
              now={months.slice(-MONTHS).map(({ covered }) => covered)}
              before={months.slice(0, MONTHS).map(({ covered }) => covered)}
              from={month(months.at(-MONTHS)!.from)}
              until="today"
              title="Systems covered by an AI-powered tool over the last year"
              height={34}
            />
          )}
          <p class="comparison">
            Overdue per 100 systems: with a tool <b>{overdue(true)}</b>, without <b>{overdue(false)}</b>
          </p>
        </>
      )}
    </Panel>
  );
}
