# psycopg2. It has no prepared statements of its own: those of SQL are used.
import os

import psycopg2

from common import VIEWS, queries, tell, tell_rows

connection = psycopg2.connect(
    host="127.0.0.1", port=os.environ["DRIVERS_PORT"], dbname=os.environ["PGDATABASE"], user="leadscore_bi", password=os.environ["DRIVERS_PASSWORD"]
)
connection.autocommit = True
cursor = connection.cursor()


def type_name(oid):
    cursor.execute("SELECT format_type(%s, NULL)", (oid,))
    return cursor.fetchone()[0]


for view in VIEWS:
    cursor.execute(f"SELECT * FROM leadscore.{view}")
    columns, rows = cursor.description, cursor.fetchall()
    for place, column in enumerate(columns):
        values = [row[place] for row in rows if row[place] is not None]
        tell("column", view, column.name, type_name(column.type_code), type(values[0]).__name__ if values else "NoneType")
for number, (name, sql, parameters) in enumerate(queries()):
    if parameters:
        for place in range(len(parameters)):
            sql = sql.replace("?", f"${place + 1}", 1)
        cursor.execute(f"PREPARE query_{number} AS {sql}")
        sql = f"EXECUTE query_{number} ({', '.join(['%s'] * len(parameters))})"

    def fetch():
        cursor.execute(sql, parameters or None)
        return cursor.fetchall()

    tell_rows(name, fetch)
connection.close()
