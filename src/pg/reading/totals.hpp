#pragma once

#include "pg/reading/points_table.hpp"

namespace leadscore::pg {

// The points that entities of a kind have now, roll-ups with their members, as the view of the score gives them, from
// one pass over each table.
struct Totals {
    PointsTable *points; // before the limits
    double least;
    double most;
};

// Of all that there are, for a reader who may see them. False where only the view can tell.
bool read_totals(int score, int entity, Totals *totals);

double points_in(const Totals &totals, Datum key);

// Whether keys of the collation are equal only where all of their bytes are.
bool tells_apart(Oid collation);

} // namespace leadscore::pg
