"""A subgraph without the kit: python3 server.py --port 4010 --identity-keys identity-keys.json"""

import argparse
import json
import signal
import threading
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from graphql import GraphQLError, build_schema, execute_sync, parse, validate
from identity import Identities, IdentityError

MAX_BYTES = 16 * 1024 * 1024
HERE = Path(__file__).resolve().parent
SDL = (HERE.parent / "training.graphql").read_text(encoding="utf-8")
COURSES = json.loads((HERE.parent / "courses.json").read_text(encoding="utf-8"))
BY_SLUG = {course["slug"]: course for course in COURSES}

# what a federation library would add: the directives of the schema, and the two fields that gateways use
FEDERATION = """
scalar _Any
scalar FieldSet
scalar link__Import
union _Entity = Course | Agency
type _Service { sdl: String }
directive @link(url: String!, import: [link__Import]) repeatable on SCHEMA
directive @composeDirective(name: String!) repeatable on SCHEMA
directive @key(fields: FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION
extend type Query {
  _service: _Service!
  _entities(representations: [_Any!]!): [_Entity]!
}
"""


def is_government(context):
    """Internal fields are for government roles; others get null without an error, as if there were no value."""
    return bool((context["principal"] or {}).get("governmentRoles"))


def counted(courses, context):
    """Counts the objects of a list: the work of the answer, in the unit of costs."""
    context["work"] += len(courses)
    return courses


def entity(representation):
    """Returns the object of a representation, or None if it does not exist."""
    if representation.get("__typename") == "Course":
        return BY_SLUG.get(representation.get("slug"))
    # another subgraph knows which agencies exist
    return {"key": representation["key"]}


RESOLVERS = {
    ("Query", "_service"): lambda _, info: {"sdl": SDL},
    ("Query", "_entities"): lambda _, info, representations: [entity(each) for each in representations],
    ("Query", "courses"): lambda _, info: counted(COURSES, info.context),
    ("Course", "agency"): lambda course, info: {"key": course["agencyKey"]},
    ("Course", "priceCents"): lambda course, info: course["priceCents"] if is_government(info.context) else None,
    ("Agency", "courses"): lambda agency, info: counted(
        [course for course in COURSES if course["agencyKey"] == agency["key"]], info.context
    ),
}

schema = build_schema(SDL + FEDERATION)
for (type_name, field_name), resolver in RESOLVERS.items():
    schema.type_map[type_name].fields[field_name].resolve = resolver
schema.type_map["_Entity"].resolve_type = lambda value, *_: "Course" if "slug" in value else "Agency"


@lru_cache(maxsize=1_000)
def document_of(query):
    """Parses and validates once per text: gateways send the same few again and again."""
    document = parse(query)
    errors = validate(schema, document)
    if errors:
        raise errors[0]
    return document


def failure(status, message, code):
    return status, {"errors": [{"message": message, "extensions": {"code": code}}]}, {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # sends headers and body at once; otherwise the body waits 40 ms for the acknowledgment of the headers
    wbufsize = 64 * 1024

    def do_GET(self):
        if self.path in ("/health/live", "/health/ready"):
            return self.send(200, {"status": self.path.removeprefix("/health/")}, {})
        return self.send(*failure(404, "Not found", "NOT_FOUND"))

    def do_POST(self):
        size = int(self.headers.get("content-length", 0))
        if size > MAX_BYTES:
            self.close_connection = True
            return self.send(*failure(413, "The body is too long", "CONTENT_TOO_LONG"))
        body = self.rfile.read(size)
        return self.send(*self.answer(body))

    def answer(self, body):
        try:
            principal = identities.verify(self.headers.get("ordergraph-identity"))
        except IdentityError as error:
            return failure(401, str(error), error.code)
        if self.path != "/graphql":
            return failure(404, "Not found", "NOT_FOUND")
        context = {"principal": principal, "work": 0}
        try:
            request = json.loads(body)
            document = document_of(request["query"])
        except GraphQLError as error:
            return failure(400, error.message, "GRAPHQL_VALIDATION_FAILED")
        except (KeyError, TypeError, ValueError):
            return failure(400, "The body is not a GraphQL request", "BAD_REQUEST")
        result = execute_sync(schema, document, context_value=context, variable_values=request.get("variables"))
        return 200, result.formatted, {"ordergraph-work": str(context["work"])}

    def send(self, status, body, headers):
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", "content-length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, default=4010)
parser.add_argument("--identity-keys", required=True)
options = parser.parse_args()
identities = Identities(options.identity_keys, "training")
server = ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
print(f"training answers at http://127.0.0.1:{server.server_port}/graphql", flush=True)
server.serve_forever()
