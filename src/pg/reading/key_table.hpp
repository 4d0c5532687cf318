#pragma once

#include <algorithm>

#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// A hash table by the keys of entities, for whole tables of them. It is plain data in a memory context, which
// PostgreSQL's errors may jump past. An Entry has a key, is_free(), as Entry{} is, and a static of(key).
template <typename Entry> struct KeyTable {
    MemoryContext context; // of the table, its entries and their keys
    TypeCacheEntry *type;
    bool is_integer; // whose bits tell whether two are equal
    int width;       // 2^width entries
    uint64 used;
    Entry *entries;

    uint64 size() const { return uint64{1} << width; }
};

inline bool is_integer_type(Oid type) { return type == INT2OID || type == INT4OID || type == INT8OID; }

namespace key_table {

constexpr int least_width = 10;

template <typename Entry> Size bytes_of(int width) { return sizeof(Entry) << width; }

template <typename Entry> Entry *free_entries(MemoryContext context, int width) {
    auto *entries = static_cast<Entry *>(MemoryContextAllocHuge(context, bytes_of<Entry>(width)));
    std::fill_n(entries, uint64{1} << width, Entry{});
    return entries;
}

// The same bits for the same number.
template <typename Entry> Datum normalized(const KeyTable<Entry> &table, Datum key) {
    if (!table.is_integer)
        return key;
    switch (table.type->typlen) {
    case 2:
        return Int16GetDatum(DatumGetInt16(key));
    case 4:
        return Int32GetDatum(DatumGetInt32(key));
    default:
        return key;
    }
}

// Neighbours among integers stand side by side, as their rows mostly do: memory is waited for once for many of them.
template <typename Entry> uint64 place_of(const KeyTable<Entry> &table, Datum key) {
    constexpr int near = 6;
    constexpr uint64 spreading = 0x9E3779B97F4A7C15; // 2^64 over the golden ratio
    if (table.is_integer)
        return ((key >> near) * spreading >> (64 - table.width + near) << near) | (key & ((1 << near) - 1));
    const uint32 hash = DatumGetUInt32(FunctionCall1Coll(&table.type->hash_proc_finfo, table.type->typcollation, key));
    return hash * spreading >> (64 - table.width);
}

template <typename Entry> bool is_same(const KeyTable<Entry> &table, Datum left, Datum right) {
    return table.is_integer
               ? left == right
               : DatumGetBool(FunctionCall2Coll(&table.type->eq_opr_finfo, table.type->typcollation, left, right));
}

// Of a normalized key, or a free one.
template <typename Entry> Entry *entry_of(const KeyTable<Entry> &table, Datum key) {
    const uint64 mask = table.size() - 1;
    for (uint64 place = place_of(table, key);; place++) {
        Entry *entry = &table.entries[place & mask];
        if (entry->is_free() || is_same(table, entry->key, key))
            return entry;
    }
}

// Three quarters full at most, so that a free place is near.
template <typename Entry> bool make_room(KeyTable<Entry> *table, Size most_memory) {
    constexpr int large_width = 16;
    const uint64 size = table->size();
    if (table->used < size / 4 * 3)
        return true;
    // While it is small, quickly.
    const int width = table->width + (table->width < large_width ? 2 : 1);
    if (MemoryContextMemAllocated(table->context, false) + bytes_of<Entry>(width) > most_memory)
        return false;
    Entry *before = table->entries;
    table->entries = free_entries<Entry>(table->context, width);
    table->width = width;
    for (uint64 i = 0; i < size; i++)
        if (!before[i].is_free())
            *entry_of(*table, before[i].key) = before[i];
    pfree(before);
    return true;
}

} // namespace key_table

// For about so many entities; null where keys of the type cannot be hashed.
template <typename Entry> KeyTable<Entry> *make_key_table(Oid key_type, double expected, Size most_memory) {
    TypeCacheEntry *type = lookup_type_cache(key_type, TYPECACHE_HASH_PROC_FINFO | TYPECACHE_EQ_OPR_FINFO);
    const bool is_integer = is_integer_type(key_type);
    if (!is_integer && (!OidIsValid(type->hash_proc_finfo.fn_oid) || !OidIsValid(type->eq_opr_finfo.fn_oid)))
        return nullptr;
    MemoryContext context =
        AllocSetContextCreate(CurrentMemoryContext, "pg_leadscore entities", ALLOCSET_DEFAULT_SIZES);
    int width = key_table::least_width;
    while (static_cast<double>(uint64{1} << width) * 0.75 < expected &&
           key_table::bytes_of<Entry>(width + 1) <= most_memory)
        width++;
    auto *table = static_cast<KeyTable<Entry> *>(MemoryContextAlloc(context, sizeof(KeyTable<Entry>)));
    *table = KeyTable<Entry>{context, type, is_integer, width, 0, key_table::free_entries<Entry>(context, width)};
    return table;
}

template <typename Entry> void free_key_table(KeyTable<Entry> *table) { MemoryContextDelete(table->context); }

// The entry of a key, a new one if there is none; null where that would take more memory.
template <typename Entry> Entry *find_or_add(KeyTable<Entry> *table, Datum key, Size most_memory) {
    if (!key_table::make_room(table, most_memory))
        return nullptr;
    key = key_table::normalized(*table, key);
    Entry *entry = key_table::entry_of(*table, key);
    if (entry->is_free()) {
        MemoryContext caller = MemoryContextSwitchTo(table->context);
        *entry = Entry::of(datumCopy(key, table->type->typbyval, table->type->typlen));
        MemoryContextSwitchTo(caller);
        table->used++;
    }
    return entry;
}

// The entry of a key, or a free one.
template <typename Entry> const Entry *find(const KeyTable<Entry> &table, Datum key) {
    return key_table::entry_of(table, key_table::normalized(table, key));
}

} // namespace leadscore::pg
