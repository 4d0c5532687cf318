#include <cmath>

#include "pg/reading/entity_reader.hpp"

#include "pg/backend/growing_array.hpp"
#include "pg/backend/kept_plan.hpp"
#include "pg/backend/owner.hpp"
#include "pg/reading/sight.hpp"
#include "pg/reading/sorted_keys.hpp"
#include "pg/reading/visibility.hpp"

namespace leadscore::pg {

namespace {

// Then all are read at once; sooner, where those are few.
constexpr int calls_before_bulk = 16;
constexpr int calls_before_few = 2;
constexpr int few = 200;

// The readings of many entities, in the order of their keys.
struct Readings {
    SortedKeys keys;
    Reading *items;
};

} // namespace

struct ReaderMemory {
    MemoryContext context;
    int component;
    TimestampTz as_of;
    Sight sight; // an expression may outlive its query
    int calls;
    TypeCacheEntry *key_type;
    char *all_keys_query;
    char *readings_query;
    bool has_all;   // what is not in `all` needs a query of its own,
    bool everybody; // except where everybody was asked for
    Readings all;
};

namespace {

ReaderMemory *start(int component, TimestampTz as_of) {
    auto *memory = static_cast<ReaderMemory *>(palloc0(sizeof(ReaderMemory)));
    memory->context = CurrentMemoryContext;
    memory->component = component;
    memory->as_of = as_of;
    memory->sight = present_sight();
    const Parameter parameter = int4_parameter(component);
    as_extension_owner([&] {
        kept_query_row("SELECT q.all_keys, q.readings, q.key_type::pg_catalog.oid FROM "
                       "leadscore_internal.reading_queries($1) AS q",
                       &parameter, 1, [&](const ResultRow &row) {
                           memory->all_keys_query = row.string(1);
                           memory->readings_query = row.string(2);
                           memory->key_type = lookup_type_cache(row.oid(3), TYPECACHE_CMP_PROC_FINFO);
                       });
    });
    return memory;
}

Reading reading_of(const ResultRow &row) {
    const NullableDatum last_activity_at = row.value(3);
    const Reading reading{row.number(2), DatumGetTimestampTz(last_activity_at.value), !last_activity_at.isnull,
                          row.long_integer(4)};
    // A rule of a link through other tables is not evaluated at the write.
    if (!std::isfinite(reading.points))
        ereport(ERROR,
                (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("a rule gives points that are not a number"),
                 errhint("Mend the rule or the data, then publish the score again.")));
    return reading;
}

// keys: an array, or null for everybody. States and rows are read as they are, but only of what the reader may know
// about.
Readings read_all(const ReaderMemory &memory, NullableDatum keys) {
    keys = keys_visible_to_reader(memory.component, keys);
    const Parameter parameters[] = {int4_parameter(memory.component),
                                    timestamp_parameter(memory.as_of),
                                    {get_array_type(memory.key_type->type_id), keys}};
    auto found = growing_array<Datum>();
    auto items = growing_array<Reading>();
    as_extension_owner([&] {
        each_kept_row(memory.readings_query, parameters, 3, [&](const ResultRow &row) {
            append(&found, row.copy(1).value);
            append(&items, reading_of(row));
        });
    });
    return Readings{{memory.key_type, found.count, found.items}, items.items};
}

NullableDatum all_keys(const ReaderMemory &memory) {
    const Parameter parameters[] = {int4_parameter(memory.component), timestamp_parameter(memory.as_of)};
    NullableDatum keys{0, false};
    as_extension_owner([&] { keys = kept_query_value(memory.all_keys_query, parameters, 2); });
    return keys;
}

bool are_few(NullableDatum keys) {
    if (keys.isnull)
        return false;
    const ArrayType *array = DatumGetArrayTypeP(keys.value);
    return ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)) <= few;
}

const Reading *find(const ReaderMemory &memory, Datum key) {
    const int place = find_key(memory.all.keys, key);
    return place < 0 ? nullptr : &memory.all.items[place];
}

Reading read_one(const ReaderMemory &memory, Datum key) {
    ArrayType *keys = construct_array(&key, 1, memory.key_type->type_id, memory.key_type->typlen,
                                      memory.key_type->typbyval, memory.key_type->typalign);
    Readings readings = read_all(memory, NullableDatum{PointerGetDatum(keys), false});
    return readings.keys.count > 0 ? readings.items[0] : Reading{0, 0, false, 0};
}

bool is_of(const ReaderMemory &memory, int component, TimestampTz as_of) {
    return memory.component == component && memory.as_of == as_of && memory.sight == present_sight();
}

} // namespace

Reading read_entity(int component, Datum key, Oid key_type, TimestampTz as_of, ReaderMemory **memory,
                    MemoryContext query_context) {
    if (*memory == nullptr || !is_of(**memory, component, as_of)) {
        MemoryContext caller = MemoryContextSwitchTo(query_context);
        *memory = start(component, as_of);
        MemoryContextSwitchTo(caller);
    }
    ReaderMemory *mine = *memory;
    // Anybody may call the function that ends here, with any type.
    if (getBaseType(key_type) != mine->key_type->type_id)
        ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                        errmsg("the key must be of type %s, not %s", format_type_be(mine->key_type->type_id),
                               format_type_be(key_type))));
    if (!mine->has_all)
        mine->calls++;
    if (!mine->has_all && (mine->calls == calls_before_few + 1 || mine->calls > calls_before_bulk)) {
        MemoryContext caller = MemoryContextSwitchTo(mine->context);
        NullableDatum keys = all_keys(*mine);
        if (mine->calls > calls_before_bulk || are_few(keys)) {
            mine->all = read_all(*mine, keys);
            mine->has_all = true;
            mine->everybody = keys.isnull;
        }
        MemoryContextSwitchTo(caller);
    }
    const Reading *known = mine->has_all ? find(*mine, key) : nullptr;
    if (known != nullptr)
        return *known;
    return mine->everybody ? Reading{0, 0, false, 0} : read_one(*mine, key);
}

} // namespace leadscore::pg
