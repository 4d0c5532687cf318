#include "pg/backend/kept.hpp"

namespace leadscore::pg {

namespace {

struct Entry {
    KeptKey key;
    Kept *kept;
};

// More are let go of together, and made anew as they are wanted.
constexpr long most_kept = 500;

HTAB *entries = nullptr;
uint64 generation = 0;

template <typename Concerns> void make_stale(Concerns concerns) {
    generation++;
    if (entries == nullptr)
        return;
    HASH_SEQ_STATUS status;
    hash_seq_init(&status, entries);
    while (auto *entry = static_cast<Entry *>(hash_seq_search(&status)))
        if (concerns(*entry->kept))
            entry->kept->stale = true;
}

void table_changed(Datum, Oid relation) {
    make_stale([relation](const Kept &kept) {
        bool concerned = !OidIsValid(relation);
        for (int i = 0; i < kept.table_count && !concerned; i++)
            concerned = kept.tables[i] == relation;
        return concerned;
    });
}

void name_changed(Datum, int, uint32) {
    make_stale([](const Kept &kept) { return kept.names_things; });
}

void destroy(Kept *kept) {
    if (kept->let_go != nullptr)
        kept->let_go(kept);
    MemoryContextDelete(kept->context);
}

void unlist(Kept *kept) {
    kept->listed = false;
    if (kept->uses == 0)
        destroy(kept);
}

// What belongs to a table that was dropped is never asked for again.
void unlist_stale() {
    HASH_SEQ_STATUS status;
    hash_seq_init(&status, entries);
    while (auto *entry = static_cast<Entry *>(hash_seq_search(&status))) {
        if (!entry->kept->stale)
            continue;
        Kept *kept = entry->kept;
        hash_search(entries, &entry->key, HASH_REMOVE, nullptr);
        unlist(kept);
    }
}

void end_use(void *argument) {
    auto *kept = static_cast<Kept *>(argument);
    kept->uses--;
    if (kept->uses == 0 && !kept->listed)
        destroy(kept);
}

} // namespace

void register_kept_invalidation() {
    CacheRegisterRelcacheCallback(table_changed, 0);
    constexpr int caches[] = {NAMESPACEOID, PROCOID, TYPEOID, OPEROID};
    for (const int cache : caches)
        CacheRegisterSyscacheCallback(cache, name_changed, 0);
}

Kept *find_kept(const KeptKey &key) {
    // What was published since a long statement began.
    AcceptInvalidationMessages();
    if (entries == nullptr) {
        HASHCTL control{};
        control.keysize = sizeof(KeptKey);
        control.entrysize = sizeof(Entry);
        entries = hash_create("pg_leadscore kept", 16, &control, HASH_ELEM | HASH_BLOBS);
    }
    auto *entry = static_cast<Entry *>(hash_search(entries, &key, HASH_FIND, nullptr));
    if (entry != nullptr && !entry->kept->stale)
        return entry->kept;
    if (hash_get_num_entries(entries) >= most_kept)
        make_stale([](const Kept &) { return true; });
    unlist_stale();
    return nullptr;
}

uint64 kept_generation() { return generation; }

void list_kept(const KeptKey &key, Kept *kept, uint64 since) {
    kept->stale = kept->stale || generation != since;
    // Making it may have run a function of the user's that came here, too.
    bool found = false;
    auto *entry = static_cast<Entry *>(hash_search(entries, &key, HASH_ENTER, &found));
    Kept *before = found ? entry->kept : nullptr;
    MemoryContextSetParent(kept->context, CacheMemoryContext);
    entry->kept = kept;
    kept->listed = true;
    if (before != nullptr)
        unlist(before);
}

MemoryContextCallback *make_end_of_use() {
    return static_cast<MemoryContextCallback *>(palloc0(sizeof(MemoryContextCallback)));
}

void begin_use(Kept *kept, MemoryContextCallback *end_of_use) {
    end_of_use->func = end_use;
    end_of_use->arg = kept;
    kept->uses++;
    MemoryContextRegisterResetCallback(CurrentMemoryContext, end_of_use);
}

} // namespace leadscore::pg
