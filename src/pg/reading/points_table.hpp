#pragma once

#include <cmath>
#include <limits>

#include "pg/reading/key_table.hpp"

namespace leadscore::pg {

// Points by the key of the entity.
struct EntityPoints {
    Datum key = 0;
    double points = std::numeric_limits<double>::quiet_NaN();

    bool is_free() const { return std::isnan(points); }
    static EntityPoints of(Datum key) { return EntityPoints{key, 0}; }
};

using PointsTable = KeyTable<EntityPoints>;

// For about so many entities; null where keys of the type cannot be hashed.
PointsTable *make_points_table(Oid key_type, double expected);

// The points of an entity, to be changed; 0 at first. Null where they would take more memory than a query may.
double *points_of(PointsTable *table, Datum key);

// The points of an entity; 0 where nothing is known of it.
double known_points(const PointsTable &table, Datum key);

} // namespace leadscore::pg
