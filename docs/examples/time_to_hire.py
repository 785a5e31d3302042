"""Computes the median days to hire by hiring authority, from an exported file, or by exporting one. Needs Python 3 only."""

import argparse
import csv
import json
import shutil
import statistics
import sys
from datetime import datetime
from http.client import IncompleteRead
from urllib.error import HTTPError
from urllib.request import Request, urlopen

QUESTION = """
query Hires {
  hiringRequests(filter: { enteredOnDutyAt: { isNull: false } }) {
    nodes { id authority needValidatedAt enteredOnDutyAt agency { key } }
  }
}
"""


def export(url, token, name):
    """Writes all pages of the question to a file. Stops at errors: values that failed must not look like empty ones."""
    body = json.dumps({"query": QUESTION, "format": "csv"}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    try:
        with urlopen(Request(f"{url}/export", body, headers), timeout=300) as response, open(name, "wb") as file:
            shutil.copyfileobj(response, file)
    except HTTPError as error:
        first = json.load(error)["errors"][0]
        sys.exit(f"{first['extensions']['code']}: {first['message']}")
    except IncompleteRead:
        sys.exit(f"{name} is not complete: the graph broke the export off; its last line says why")


def rows_of_file(name):
    """The rows of an export, and the lines before the names of the columns: its banner."""
    with open(name, newline="", encoding="utf-8-sig") as file:
        banner, line = [], file.readline()
        while line.startswith("#"):
            banner.append(line.strip())
            line = file.readline()
        columns = next(csv.reader([line]))
        rows = list(csv.DictReader(file, fieldnames=columns))
    # an export by URL that broke off says so in its last line
    if rows and rows[-1][columns[0]].startswith("# Incomplete"):
        sys.exit(f"{name} is not complete: {rows[-1][columns[0]]}")
    return rows, banner


def days(row):
    instants = [datetime.fromisoformat(row[name].replace("Z", "+00:00")) for name in ("needValidatedAt", "enteredOnDutyAt")]
    return (instants[1] - instants[0]).total_seconds() / 86_400


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", help="CSV file of an export; written first where --url is passed")
    parser.add_argument("--url", help="address of the graph, such as http://localhost:4000")
    parser.add_argument("--token-file", help="file with the token of the caller, for --url")
    options = parser.parse_args()
    if (options.url is None) != (options.token_file is None):
        parser.error("pass --url and --token-file together")
    if options.url:
        with open(options.token_file, encoding="ascii") as token_file:
            export(options.url, token_file.read().strip(), options.file)
    rows, banner = rows_of_file(options.file)
    for line in banner:
        if line.startswith(("# Handling", "# Withheld")):
            print(line, file=sys.stderr)
    by_authority = {}
    for row in rows:
        # a hire without both instants has no duration: it is not one of 0 days
        if row["needValidatedAt"] and row["enteredOnDutyAt"]:
            by_authority.setdefault(row["authority"], []).append(days(row))
    print("authority,hires,median_days")
    for authority, values in sorted(by_authority.items()):
        print(f"{authority},{len(values)},{statistics.median(values):.1f}")
