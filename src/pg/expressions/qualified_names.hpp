#pragma once

#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// A name with a schema in the text of an expression, or a literal that names an object.
struct QualifiedName {
    const char *kind;   // function, type, operator, collation, column; literal
    const char *schema; // null for a literal
    const char *name;   // a literal's text
    int at;             // where the schema stands, in characters from 0, and how long it is written
    int length;
};

// List of QualifiedName, in the order of the syntax tree. Nothing is looked up.
List *qualified_names(const char *expression);

} // namespace leadscore::pg
