#include "pg/reading/points_table.hpp"

namespace leadscore::pg {

namespace {

// A join of the same tables goes to files beyond what a query may take; this is what is taken before it is asked.
constexpr Size least_memory = Size{64} * 1024 * 1024;

Size allowed_memory() { return std::max(get_hash_memory_limit(), least_memory); }

} // namespace

PointsTable *make_points_table(Oid key_type, double expected) {
    return make_key_table<EntityPoints>(key_type, expected, allowed_memory());
}

double *points_of(PointsTable *table, Datum key) {
    EntityPoints *entry = find_or_add(table, key, allowed_memory());
    return entry == nullptr ? nullptr : &entry->points;
}

double known_points(const PointsTable &table, Datum key) {
    const EntityPoints *entry = find(table, key);
    return entry->is_free() ? 0 : entry->points;
}

} // namespace leadscore::pg
