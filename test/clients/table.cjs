/** A reporter of Jest: which feature works with which client, by the two outermost `describe` of each test. */
module.exports = class ClientTable {
  /** Clients by name, each with its features and their tests. */
  clients = new Map();

  onTestResult(_file, { testResults }) {
    for (const { ancestorTitles, status } of testResults) this.count(ancestorTitles, status);
  }

  count([client, feature], status) {
    if (status !== 'passed' && status !== 'failed') return;
    const features = this.clients.get(client) ?? new Map();
    const counts = features.get(feature) ?? { passed: 0, failed: 0 };
    counts[status] += 1;
    this.clients.set(client, features.set(feature, counts));
  }

  onRunComplete() {
    const clients = [...this.clients.keys()].sort();
    const features = [...new Set([...this.clients.values()].flatMap((one) => [...one.keys()]))].sort();
    const height = Math.max(0, ...clients.map((client) => client.split(' ').length));
    // one word a line, so that the table is no wider than it has to be
    const heads = Array.from({ length: height }, (_, line) => [
      '',
      ...clients.map((one) => one.split(' ')[line] ?? ''),
    ]);
    const rows = features.map((feature) => [feature, ...clients.map((client) => this.cell(client, feature))]);
    const widths = ['', ...clients].map((_, column) =>
      Math.max(...[...heads, ...rows].map((cells) => cells[column].length)),
    );
    const line = (cells) => cells.map((cell, column) => cell.padEnd(widths[column])).join(' │ ');
    const rule = widths.map((width) => '─'.repeat(width)).join('─┼─');
    process.stdout.write(`\n${[...heads.map(line), rule, ...rows.map(line)].join('\n')}\n`);
  }

  cell(client, feature) {
    const counts = this.clients.get(client).get(feature);
    if (!counts) return '';
    const { passed, failed } = counts;
    return failed > 0 ? `✗ ${failed} of ${passed + failed}` : `✓ ${passed}`;
  }
};
