export type Outcome = 'REVIEW_NECESSARY' | 'REVIEW_NOT_NECESSARY' | 'INSUFFICIENT_INFORMATION' | 'NONE_YET';

export const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  REVIEW_NECESSARY: 'review necessary',
  REVIEW_NOT_NECESSARY: 'not necessary',
  INSUFFICIENT_INFORMATION: 'insufficient information',
  NONE_YET: 'none yet',
};

/** A determination by its shape. No answer is never drawn as consent. */
export function OutcomeMark({ outcome, label }: { readonly outcome: Outcome; readonly label?: string }) {
  return (
    <svg
      class="outcome"
      viewBox="0 0 14 14"
      width={14}
      height={14}
      role={label ? 'img' : undefined}
      aria-label={label ?? 'mark'}
      aria-hidden={label ? undefined : 'true'}
    >
      {outcome === 'REVIEW_NECESSARY' && <circle class="data-mark" cx={7} cy={7} r={5} />}
      {outcome === 'REVIEW_NOT_NECESSARY' && <circle class="ring-mark" cx={7} cy={7} r={4.5} />}
      {outcome === 'INSUFFICIENT_INFORMATION' && (
        <>
          <circle class="ring-mark" cx={7} cy={7} r={4.5} />
          <path class="data-mark" d="M7 2.5 A4.5 4.5 0 0 0 7 11.5 Z" />
        </>
      )}
      {outcome === 'NONE_YET' && <line class="none-yet" x1={3} x2={11} y1={7} y2={7} />}
    </svg>
  );
}

/** What the marks mean. @param hasBlank whether it says what no mark means */
export const OutcomeLegend = ({ hasBlank = true }: { readonly hasBlank?: boolean }) => (
  <ul class={hasBlank ? 'legend' : 'legend close'}>
    {(Object.keys(OUTCOME_WORDS) as Outcome[]).map((outcome) => (
      <li key={outcome}>
        <OutcomeMark outcome={outcome} />
        {OUTCOME_WORDS[outcome]}
      </li>
    ))}
    {hasBlank && <li class="muted">blank: not asked</li>}
  </ul>
);
