"""Calls the graph with nothing but Python's standard library. Takes scenario and input as the other programs do."""

import gzip
import json
import sys
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

SECTOR = "query Sector($key: ID!) { sector(key: $key) { key name } }"
SECTORS = """
query Sectors($after: String) {
  sectors(first: 5, after: $after) { totalCount nodes { key } pageInfo { hasNextPage endCursor } }
}
"""
REGISTER = """
mutation Register($input: RegisterModelInput!) {
  registerModel(input: $input) { model { codename parameterCount } replayed }
}
"""
TYPES = "{ __schema { types { name fields { name description } } } }"


class Client:
    def __init__(self, url, headers):
        self.url = url
        self.headers = headers

    def post(self, query, variables=None, **headers):
        body = json.dumps({"query": query, "variables": variables}).encode()
        return self.send(Request(self.url, body, {"Content-Type": "application/json", **self.headers, **headers}))

    def get(self, query, variables=None):
        search = urlencode({"query": query, "variables": json.dumps(variables or {})})
        return self.send(Request(f"{self.url}?{search}", headers=self.headers))

    def send(self, request):
        try:
            response = urlopen(request, timeout=60)
        except HTTPError as error:
            response = error
        with response:
            body = response.read()
            encoding = response.headers["Content-Encoding"]
            text = gzip.decompress(body) if encoding == "gzip" else body
            return {"status": response.status, "encoding": encoding, "bytes": len(body), "result": json.loads(text)}


def query(client):
    variables = {"key": "energy"}
    return [send(SECTOR, variables) for send in (client.post, client.post, client.get, client.get)]


def paginate(client):
    keys, after = [], None
    while True:
        page = client.post(SECTORS, {"after": after})["result"]["data"]["sectors"]
        keys += [node["key"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            return {"keys": keys, "totalCount": page["totalCount"]}
        after = page["pageInfo"]["endCursor"]


def mutate(client):
    # an integer that a double holds, beyond 32 bits
    model = {"idempotencyKey": "python", "codename": "python", "modalities": ["TEXT"], "parameterCount": 1750000000000}
    return [client.post(REGISTER, {"input": model}) for _ in range(2)]


def fail(client):
    stranger = Client(client.url, {"Authorization": "Bearer no"})
    return {
        "unknown field": client.post("{ nope }"),
        "failing field": client.post("{ sectors(first: 501) { totalCount } }"),
        "invalid token": stranger.post(SECTOR, {"key": "energy"}),
    }


def compress(client):
    plain, compressed = client.post(TYPES), client.post(TYPES, **{"Accept-Encoding": "gzip"})
    types = len(plain["result"]["data"]["__schema"]["types"])
    # what they cost, and what is left of the budget, may differ
    same = plain.pop("result")["data"] == compressed.pop("result")["data"]
    return {"plain": plain, "compressed": compressed, "types": types, "same": same}


if __name__ == "__main__":
    scenario = {one.__name__: one for one in (query, paginate, mutate, fail, compress)}[sys.argv[1]]
    graph = json.load(sys.stdin)["graph"]
    json.dump(scenario(Client(graph["url"], graph["headers"])), sys.stdout)
