import { levelRank, RiskLevel, riskLevel } from './risk';

test('never lowers the risk level when likelihood or impact rises', () => {
  const levels = Object.values(RiskLevel);
  for (const [row, likelihood] of levels.entries())
    for (const [column, impact] of levels.entries()) {
      const rank = levelRank(riskLevel(likelihood, impact));
      if (row > 0) expect(rank).toBeGreaterThanOrEqual(levelRank(riskLevel(levels[row - 1]!, impact)));
      if (column > 0) expect(rank).toBeGreaterThanOrEqual(levelRank(riskLevel(likelihood, levels[column - 1]!)));
    }
});

test.each([
  ['VERY_HIGH', 'VERY_HIGH', 'VERY_HIGH'],
  ['LOW', 'VERY_HIGH', 'MODERATE'],
  ['VERY_LOW', 'VERY_HIGH', 'LOW'],
  ['HIGH', 'MODERATE', 'MODERATE'],
] as const)('rates likelihood %s and impact %s as %s', (likelihood, impact, level) => {
  expect(riskLevel(likelihood, impact)).toBe(level);
});
