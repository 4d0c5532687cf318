#include <algorithm>
#include <cmath>
#include <limits>

#include "pg/points_table.hpp"

namespace leadscore::pg {

namespace {

constexpr int least_width = 10;
// A join of the same tables goes to files beyond what a query may take; this is what is taken before it is asked.
constexpr Size least_memory = Size{64} * 1024 * 1024;
constexpr double free_entry = std::numeric_limits<double>::quiet_NaN();

using Entry = PointsTable::Entry;

Size allowed_memory() { return std::max(get_hash_memory_limit(), least_memory); }

Size bytes_of(int width) { return sizeof(Entry) << width; }

uint64 mask_of(const PointsTable &table) { return (uint64{1} << table.width) - 1; }

Entry *free_entries(MemoryContext context, int width) {
    auto *entries = static_cast<Entry *>(MemoryContextAllocHuge(context, bytes_of(width)));
    std::fill_n(entries, uint64{1} << width, Entry{0, free_entry});
    return entries;
}

// Neighbours among integers stand side by side, as their rows mostly do: memory is waited for once for many of them.
uint64 place_of(const PointsTable &table, Datum key) {
    constexpr int near = 6;
    constexpr uint64 spreading = 0x9E3779B97F4A7C15; // 2^64 over the golden ratio
    const int shift = 64 - table.width + near;
    if (table.is_integer)
        return ((key >> near) * spreading >> shift << near) | (key & ((1 << near) - 1));
    const uint32 hash = DatumGetUInt32(FunctionCall1Coll(&table.type->hash_proc_finfo, table.type->typcollation, key));
    return hash * spreading >> shift << near;
}

bool is_same(const PointsTable &table, Datum left, Datum right) {
    return table.is_integer
               ? left == right
               : DatumGetBool(FunctionCall2Coll(&table.type->eq_opr_finfo, table.type->typcollation, left, right));
}

// Of the key, or a free one.
Entry *entry_of(const PointsTable &table, Datum key) {
    const uint64 mask = mask_of(table);
    for (uint64 place = place_of(table, key);; place++) {
        Entry *entry = &table.entries[place & mask];
        if (std::isnan(entry->points) || is_same(table, entry->key, key))
            return entry;
    }
}

bool make_room(PointsTable *table) {
    const uint64 size = uint64{1} << table->width;
    if (table->used < size / 4 * 3)
        return true;
    if (MemoryContextMemAllocated(table->context, false) + bytes_of(table->width + 1) > allowed_memory())
        return false;
    Entry *before = table->entries;
    table->width++;
    table->entries = free_entries(table->context, table->width);
    for (uint64 i = 0; i < size; i++)
        if (!std::isnan(before[i].points))
            *entry_of(*table, before[i].key) = before[i];
    pfree(before);
    return true;
}

// The same bits for the same number.
Datum normalized(const PointsTable &table, Datum key) {
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

} // namespace

PointsTable *make_points_table(Oid key_type, double expected) {
    TypeCacheEntry *type = lookup_type_cache(key_type, TYPECACHE_HASH_PROC_FINFO | TYPECACHE_EQ_OPR_FINFO);
    const bool is_integer = key_type == INT2OID || key_type == INT4OID || key_type == INT8OID;
    if (!is_integer && (!OidIsValid(type->hash_proc) || !OidIsValid(type->eq_opr)))
        return nullptr;
    MemoryContext context =
        AllocSetContextCreate(CurrentMemoryContext, "pg_leadscore points of entities", ALLOCSET_DEFAULT_SIZES);
    int width = least_width;
    while (static_cast<double>(uint64{1} << width) * 0.75 < expected && bytes_of(width + 1) <= allowed_memory())
        width++;
    auto *table = static_cast<PointsTable *>(MemoryContextAlloc(context, sizeof(PointsTable)));
    *table = PointsTable{context, type, is_integer, width, 0, free_entries(context, width)};
    return table;
}

void free_points_table(PointsTable *table) { MemoryContextDelete(table->context); }

double *points_of(PointsTable *table, Datum key) {
    if (!make_room(table))
        return nullptr;
    key = normalized(*table, key);
    Entry *entry = entry_of(*table, key);
    if (std::isnan(entry->points)) {
        MemoryContext caller = MemoryContextSwitchTo(table->context);
        *entry = Entry{datumCopy(key, table->type->typbyval, table->type->typlen), 0};
        MemoryContextSwitchTo(caller);
        table->used++;
    }
    return &entry->points;
}

double known_points(const PointsTable *table, Datum key) {
    const Entry *entry = entry_of(*table, normalized(*table, key));
    return std::isnan(entry->points) ? 0 : entry->points;
}

} // namespace leadscore::pg
