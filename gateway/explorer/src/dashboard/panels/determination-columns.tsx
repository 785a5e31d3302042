import { agencyName } from '../../ui/agency-name';
import { OUTCOME_WORDS, OutcomeMark } from '../charts/outcome-mark';
import type { WindowRow } from './windows';

/** The column heads of {@link OutcomeCells}. */
export const AgencyHeads = ({ agencies }: { readonly agencies: readonly string[] }) =>
  agencies.map((key) => (
    <th key={key} scope="col" class="cell">
      {agencyName(key).slice(0, 5)}
    </th>
  ));

/** What each agency has determined about a submission; blank where it was not asked. */
export const OutcomeCells = ({
  row: { outcomes },
  agencies,
}: {
  readonly row: WindowRow;
  readonly agencies: readonly string[];
}) =>
  agencies.map((key) => {
    const outcome = outcomes.get(key);
    return (
      <td key={key} class="cell">
        {outcome && <OutcomeMark outcome={outcome} label={`${agencyName(key)}: ${OUTCOME_WORDS[outcome]}`} />}
      </td>
    );
  });
