#pragma once

#include "pg/postgres.hpp"

namespace leadscore::pg {

// What the error messages about an expression name.
struct ExpressionSubject {
    Relation relation;
    const char *text;
    const char *role; // "filter of rule \"meeting\""
};

// Parses an expression on a row of the relation, with varno 1, and refuses what the extension could not keep exact:
// sub-selects, aggregates, sets, system columns, and functions that are not immutable. The names in it are looked up
// in the search_path in force.
Node *parse_expression(const ExpressionSubject &subject);

// As above, then coerced implicitly to the type; an error names both types.
Node *parse_expression_as(const ExpressionSubject &subject, Oid type);

// The expression as text that means the same under every search_path; follows what columns are called now.
char *deparse(Relation relation, Node *expression);

// Whether a function in it is not PostgreSQL's own, and so might do anything.
bool calls_user_functions(Node *expression);

} // namespace leadscore::pg
