"""Computes the median days to hire by hiring authority, from an exported file or from the graph. Needs Python 3 only."""

import argparse
import csv
import json
import statistics
import sys
from datetime import datetime
from urllib.error import HTTPError
from urllib.request import Request, urlopen

QUESTION = """
query Hires($after: String) {
  hiringRequests(first: 100, after: $after, filter: { enteredOnDutyAt: { isNull: false } }) {
    nodes { id authority needValidatedAt enteredOnDutyAt agency { key } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
COLUMNS = ["id", "authority", "needValidatedAt", "enteredOnDutyAt", "agency.key"]


def ask(url, token, variables):
    """One page. Stops at errors: a value that failed must not look like an empty one."""
    body = json.dumps({"query": QUESTION, "variables": variables}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    try:
        with urlopen(Request(url, body, headers), timeout=60) as response:
            answer = json.load(response)
    except HTTPError as error:
        answer = json.load(error)
    if answer.get("errors"):
        error = answer["errors"][0]
        sys.exit(f"{error['extensions']['code']}: {error['message']}")
    return answer


def rows_of_graph(url, token):
    """All pages, as the rows of a table."""
    after, withheld = None, set()
    while True:
        answer = ask(url, token, {"after": after})
        withheld |= {f"{rule['kind']} {rule.get('coordinate', '')}" for rule in answer["extensions"].get("withheld", [])}
        page = answer["data"]["hiringRequests"]
        for node in page["nodes"]:
            yield {**{name: node[name] for name in COLUMNS[:-1]}, "agency.key": node["agency"]["key"]}
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    for rule in sorted(withheld):
        print(f"Withheld: {rule}", file=sys.stderr)


def rows_of_file(name):
    """The rows of an export, without the lines before the names of the columns."""
    with open(name, newline="", encoding="utf-8-sig") as file:
        line = file.readline()
        while line.startswith("#"):
            line = file.readline()
        columns = next(csv.reader([line]))
        rows = list(csv.DictReader(file, fieldnames=columns))
    # an export by URL that broke off says so in its last line
    if rows and rows[-1][columns[0]].startswith("# Incomplete"):
        sys.exit(f"{name} is not complete: {rows[-1][columns[0]]}")
    return rows


def days(row):
    instants = [datetime.fromisoformat(row[name].replace("Z", "+00:00")) for name in COLUMNS[2:4]]
    return (instants[1] - instants[0]).total_seconds() / 86_400


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", help="CSV file of an export")
    parser.add_argument("--url", help="address of the graph, such as http://localhost:4000/graphql")
    parser.add_argument("--token-file", help="file with the token of the caller")
    parser.add_argument("--csv", help="file to write the rows to")
    options = parser.parse_args()
    if options.file:
        rows = rows_of_file(options.file)
    elif options.url and options.token_file:
        with open(options.token_file, encoding="ascii") as token_file:
            rows = list(rows_of_graph(options.url, token_file.read().strip()))
    else:
        parser.error("pass --file, or --url and --token-file")
    if options.csv:
        with open(options.csv, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
    by_authority = {}
    for row in rows:
        # a hire without both instants has no duration: it is not one of 0 days
        if row["needValidatedAt"] and row["enteredOnDutyAt"]:
            by_authority.setdefault(row["authority"], []).append(days(row))
    print("authority,hires,median_days")
    for authority, values in sorted(by_authority.items()):
        print(f"{authority},{len(values)},{statistics.median(values):.1f}")
