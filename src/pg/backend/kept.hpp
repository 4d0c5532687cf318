#pragma once

#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// What a session keeps from one statement to the next, until something that it was made from is changed: compiled
// rules, planned queries.

struct Kept {
    MemoryContext context;  // holds it and what it points to
    void (*let_go)(Kept *); // of what is held elsewhere; may be null
    Oid *tables;            // whose changes make it stale; PostgreSQL itself sees to those of plans
    int table_count;
    bool names_things; // in SQL that is parsed again: changes of schemas, functions, types make it stale, too
    bool stale;
    bool listed; // still found by its key
    int uses;    // statements that it serves; a nested one may find it stale
};

enum class KeptKind : int32 { program, marks_of_insert, marks_of_update, marks_of_delete, plan };

struct KeptKey {
    KeptKind kind;
    int32 number;
    Oid relation;
};

void register_kept_invalidation();

// What is kept under the key and not stale; null otherwise. Takes note of what other sessions committed.
Kept *find_kept(const KeptKey &key);

// A number that changes whenever something may have become stale.
uint64 kept_generation();

// Lists it under the key, for good; stale already if anything changed since the generation.
void list_kept(const KeptKey &key, Kept *kept, uint64 generation);

MemoryContextCallback *make_end_of_use();
void begin_use(Kept *kept, MemoryContextCallback *end_of_use);

// What is kept under the key; else make(context) builds it in a context of the transaction's, so that an error leaves
// nothing behind. It stands for as long as the memory context that is current, which also an error brings to its end.
template <typename T, typename Make> T *acquire_kept(const KeptKey &key, Make make) {
    // Before anything is counted: it could not be taken back where there is no memory.
    MemoryContextCallback *end_of_use = make_end_of_use();
    Kept *kept = find_kept(key);
    if (kept == nullptr) {
        const uint64 generation = kept_generation();
        MemoryContext context =
            AllocSetContextCreate(CurrentMemoryContext, "pg_leadscore kept", ALLOCSET_DEFAULT_SIZES);
        T *made = make(context);
        made->context = context;
        list_kept(key, made, generation);
        kept = made;
    }
    begin_use(kept, end_of_use);
    return static_cast<T *>(kept);
}

} // namespace leadscore::pg
