#pragma once

#include "pg/postgres.hpp"

namespace leadscore::pg {

// Points by the key of the entity, for whole tables of entities: plain data in a memory context of its own.
struct PointsTable {
    struct Entry {
        Datum key;
        double points; // not a number where the entry is free
    };

    MemoryContext context;
    TypeCacheEntry *type;
    bool is_integer; // whose bits tell whether two are equal
    int width;       // 2^width entries
    uint64 used;
    Entry *entries;
};

// For about so many entities; null where keys of the type cannot be hashed.
PointsTable *make_points_table(Oid key_type, double expected);
void free_points_table(PointsTable *table);

// The points of an entity, to be changed; 0 at first. Null where they would take more memory than a query may.
double *points_of(PointsTable *table, Datum key);

// The points of an entity; 0 where nothing is known of it.
double known_points(const PointsTable *table, Datum key);

} // namespace leadscore::pg
