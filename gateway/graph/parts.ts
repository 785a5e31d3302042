import {
  type Failure,
  type Found,
  type Join,
  type JoinedOperation,
  KEYS,
  keysFieldOf,
  MAX_QUESTIONS,
  type Question,
  tooManyQuestions,
} from '../operation/matches';
import { spendingOfAll } from '../policy/budgets';
import { strictest } from '../policy/sensitivity';
import type { OperationTrace } from '../trace/trace';
import { type AnswerExtensions, summed } from './graph';
import type { GraphAnswer, GraphContext } from './served-graph';

type Ask = (question: Question, context: GraphContext) => Promise<GraphAnswer>;

/** The parts of one request: its operation, and the questions that `matches` in its filters asks first. */
export class Parts {
  /** Answers to questions by their ids: nested filters may repeat a question. */
  private readonly asked = new Map<string, Promise<Found>>();
  private readonly answers: GraphAnswer[] = [];
  private shared: GraphContext | undefined;

  constructor(private readonly original: GraphContext) {}

  /** The request's context, where the limit for one operation applies to the sum of the parts. */
  get context(): GraphContext {
    const { original } = this;
    this.shared ??= { ...original, spend: original.spend && summed(original.spend) };
    return this.shared;
  }

  /**
   * Asks the questions of an operation.
   * @param trace of the operation @throws PlanningError OPERATION_TOO_LARGE above the limit of questions
   */
  async join(join: Join, trace: OperationTrace | undefined, ask: Ask): Promise<JoinedOperation> {
    const more = join.questions.filter(({ id }) => !this.asked.has(id)).length;
    if (this.asked.size + more > MAX_QUESTIONS) throw tooManyQuestions();
    // questions are answered whole, and the headers of all parts are read together
    const context = { ...this.context, delivery: undefined, executed: undefined };
    const found = await Promise.all(
      join.questions.map(async (question) => {
        const of = trace ? { ...context, trace: trace.join(question.id, keysFieldOf(question)) } : context;
        return [question.id, await this.found(question, ask, of)] as const;
      }),
    );
    return join.operation(new Map(found));
  }

  private found(question: Question, ask: Ask, context: GraphContext): Promise<Found> {
    const before = this.asked.get(question.id);
    if (before) return before;
    // later, since asking begins with the questions of the question, which must find this one counted
    const found = Promise.resolve()
      .then(() => ask(question, context))
      .then((answer) => {
        this.answers.push(answer);
        return foundIn(answer);
      });
    this.asked.set(question.id, found);
    return found;
  }

  /** Headers of subgraph responses to the questions. */
  get answered(): GraphAnswer['answered'] {
    return this.answers.flatMap(({ answered }) => answered);
  }

  /** The answer of the operation, with the cost, handling, and headers of all parts. */
  together(answer: GraphAnswer): GraphAnswer {
    if (this.answers.length === 0) return answer;
    const extensions = extensionsOf([...this.answers, answer]);
    return { ...answer, extensions, answered: [...this.answered, ...answer.answered] };
  }
}

function extensionsOf(parts: readonly GraphAnswer[]): AnswerExtensions | undefined {
  const costs = parts.flatMap(({ extensions }) => extensions?.cost ?? []);
  const handlings = parts.flatMap(({ extensions }) => extensions?.sensitivity ?? []);
  if (costs.length === 0 && handlings.length === 0) return undefined;
  return {
    ...(handlings.length > 0 ? { sensitivity: strictest(handlings) } : {}),
    ...(costs.length > 0 ? { cost: spendingOfAll(costs) } : {}),
  };
}

/** The keys in the answer to a question, or why it has none. */
function foundIn({ data, errors = [] }: GraphAnswer): Found {
  const keys = data && (JSON.parse(data.text) as { readonly [KEYS]: readonly string[] | null } | null)?.[KEYS];
  if (keys) return { keys };
  const [error] = errors;
  const failure: Failure = {
    message: error?.message ?? 'no keys were returned',
    code: String(error?.extensions?.code ?? 'SUBGRAPH_BAD_RESPONSE'),
  };
  return { failure };
}
