# What the Python programs share: the queries, and how a line is printed (see run).
import datetime
import os
import struct
import sys

VIEWS = ["lead_scores", "lead_engagement", "account_engagement", "contact_engagement"]
TIMES = 7  # servers and drivers take another plan for a statement that is executed often


def queries():
    for line in open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "queries"), encoding="utf-8"):
        name, sql, *parameters = line.rstrip("\n").split("|")
        yield name, sql, [int(p[4:]) if p.startswith("int:") else p[5:] for p in parameters]


def shown(value):
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, float):
        return struct.pack(">d", value).hex()
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:  # ODBC's timestamps have no time zone: it is the session's, UTC
            value = value.replace(tzinfo=datetime.timezone.utc)
        return str((value - datetime.datetime.fromtimestamp(0, datetime.timezone.utc)) // datetime.timedelta(microseconds=1))
    return str(value)


def tell(kind, *fields):
    sys.stdout.buffer.write(("\t".join([kind, *(shown(f) for f in fields)]) + "\n").encode())


def tell_rows(name, fetch):
    first = fetch()
    for _ in range(TIMES - 1):
        if fetch() != first:
            tell("differs", name)
    for row in first:
        tell("row", name, *row)
