# ODBC, by psqlODBC and pyodbc; statements with parameters are prepared by the server. Its REMARKS of columns are empty.
import os

import pyodbc

from common import VIEWS, queries, tell, tell_rows

pyodbc.native_uuid = True
connection = pyodbc.connect(
    "DRIVER=PostgreSQL Unicode;SERVER=127.0.0.1;PORT={DRIVERS_PORT};DATABASE={PGDATABASE};UID=leadscore_bi;PWD={DRIVERS_PASSWORD};"
    "UseServerSidePrepare=1;BoolsAsChar=0".format(**os.environ)
)
cursor = connection.cursor()
for view in VIEWS:
    columns = cursor.columns(table=view, schema="leadscore").fetchall()
    classes = {c[0]: c[1].__name__ for c in cursor.execute(f"SELECT * FROM leadscore.{view}").description}
    for column in columns:
        tell("column", view, column.column_name, column.type_name, classes[column.column_name])
for name, sql, parameters in queries():
    tell_rows(name, lambda: [tuple(row) for row in cursor.execute(sql, *parameters).fetchall()])
connection.close()
