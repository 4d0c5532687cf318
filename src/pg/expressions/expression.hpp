#pragma once

#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// A table whose columns an expression may use besides those of its row, by the alias only.
struct JoinedTable {
    Relation relation;
    const char *alias;
};

// An expression, the row that its bare names are of, and what the error messages about it name.
struct ExpressionSubject {
    Relation relation;
    const char *text;
    const char *role;            // "filter of rule \"meeting\""
    const char *alias = nullptr; // of the row, where it has another name than the table
    const JoinedTable *joined = nullptr;
    int joined_count = 0;
    bool may_be_set = false; // it may give several values, by a function that returns a set
};

// Parses an expression on a row of the relation, with varno 1 (joined tables: 2 and on), and refuses what the extension
// could not keep exact: sub-selects, aggregates, sets, system columns, and functions that are not immutable. The names
// in it are looked up in the search_path in force.
Node *parse_expression(const ExpressionSubject &subject);

// As above, then coerced implicitly to the type; an error names both types.
Node *parse_expression_as(const ExpressionSubject &subject, Oid type);

// The expression as text that means the same under every search_path; follows what columns are called now.
char *deparse(const ExpressionSubject &subject, Node *expression);

// Whether it matters who evaluates it and under which settings: a function in it is not PostgreSQL's own, a domain has
// constraints, a value is written as text.
bool depends_on_surroundings(Node *expression);

} // namespace leadscore::pg
