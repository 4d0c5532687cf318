#pragma once

#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// Expressions as they were understood before a statement renames what they name: as trees, which PostgreSQL writes
// with the names that things have afterwards.

struct RememberedExpression {
    Oid relation;
    NullableDatum through; // an array of tables, or null
    char *row_name;        // what it calls its own row where there are other tables
    char *text;            // as it was written before
    Node *expression;
};

// From here on, what is remembered belongs to this statement; statements can run within each other.
void begin_remembering(const Node *statement);

// What was remembered for the statement is what remembered() gives; nothing, if it never began.
void end_remembering(const Node *statement);

// Copies what it keeps; all of it is forgotten with the transaction.
void remember(const RememberedExpression &expression);

// Of RememberedExpression, for the statement under way.
List *remembered();

} // namespace leadscore::pg
