#pragma once

#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// Trees of tables, as they are now whatever the snapshot: partitioned tables and partitions, parents and children.

// An array of oids: the table itself and all above it.
Datum tables_above(Oid table);

// An array of oids: the table and all below it, sorted.
Datum tree_of(Oid root);

// Whether a statement of this session that uses a table of the tree has not come to its end, so that rows of it can be
// seen whose triggers have not fired; unknown where another session keeps readers out of one.
enum class Use { none, some, unknown };
Use use_of_tree(Oid root);

} // namespace leadscore::pg
