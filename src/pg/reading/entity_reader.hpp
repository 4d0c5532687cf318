#pragma once

#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// What rows give to an entity at an instant.
struct Reading {
    double points;
    TimestampTz last_activity_at;
    bool has_activity;
    int64 activities;
};

// Reads one entity of a component from the CRM's rows. memory is kept by the caller for the length of a query, null at
// first: once a query has asked often, everybody it may ask for is read at once.
struct ReaderMemory;
Reading read_entity(int component, Datum key, Oid key_type, TimestampTz as_of, ReaderMemory **memory,
                    MemoryContext query_context);

} // namespace leadscore::pg
