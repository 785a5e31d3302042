/** Maximum keys of a list that a subgraph returns at once, and maximum keys in one condition on references to its objects. */
export const MAX_KEYS = 10_000;
