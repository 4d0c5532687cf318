#pragma once

#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// What a DDL statement is about to do, or did, as far as it can matter to scores.
struct Change {
    bool matters;
    bool renames;         // expressions that name what it renames must follow
    ArrayType *relations; // of oid: the table that it names, with its partitions and children; null for any
    const char *mention;  // what it renames stands in expressions by this name; null if that is not known
    const char *model;    // the schema that it renames, and to what
    const char *new_model;
    ArrayType *rewritten; // of text: columns whose values it may have changed; null for none
};

Change change_of(const Node *statement);

} // namespace leadscore::pg
