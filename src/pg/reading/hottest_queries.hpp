#pragma once

#include "pg/backend/query.hpp"

namespace leadscore::pg {

struct RankedScore {
    NullableDatum model;
    NullableDatum entity;
    NullableDatum score;
    NullableDatum n;
};

// How the entities with the most points of a score are found.
struct HottestQueries {
    bool paused;
    int score;
    int entity;
    Oid relation;
    Oid owner; // of the relation
    Oid key_type;
    char *leaders; // null where states cannot tell
    char *among;
    char *everybody;
    char *rows;
    char *view;
};

// Of those that are published, as the snapshot has it; in the memory context that is current. wanted: so many leaders.
HottestQueries hottest_queries(const RankedScore &score, int wanted);

} // namespace leadscore::pg
