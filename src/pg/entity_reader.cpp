#include <cmath>

#include "pg/entity_reader.hpp"

#include "pg/kept_plan.hpp"
#include "pg/owner.hpp"
#include "pg/sight.hpp"
#include "pg/sorted_keys.hpp"
#include "pg/visibility.hpp"

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

ReaderMemory *start(int component, TimestampTz as_of, MemoryContext context) {
    auto *memory = static_cast<ReaderMemory *>(MemoryContextAllocZero(context, sizeof(ReaderMemory)));
    memory->context = context;
    memory->component = component;
    memory->as_of = as_of;
    memory->sight = present_sight();
    const Parameter parameter{INT4OID, {Int32GetDatum(component), false}};
    as_extension_owner([&] {
        SPI_connect();
        int result = execute_kept("SELECT q.all_keys, q.readings, q.key_type::pg_catalog.oid FROM "
                                  "leadscore_internal.reading_queries($1) AS q",
                                  &parameter, 1);
        if (result != SPI_OK_SELECT || SPI_processed != 1)
            elog(ERROR, "reading the published rules failed: %s", SPI_result_code_string(result));
        HeapTuple row = SPI_tuptable->vals[0];
        TupleDesc columns = SPI_tuptable->tupdesc;
        bool is_null = false;
        memory->all_keys_query =
            MemoryContextStrdup(context, TextDatumGetCString(SPI_getbinval(row, columns, 1, &is_null)));
        memory->readings_query =
            MemoryContextStrdup(context, TextDatumGetCString(SPI_getbinval(row, columns, 2, &is_null)));
        memory->key_type =
            lookup_type_cache(DatumGetObjectId(SPI_getbinval(row, columns, 3, &is_null)), TYPECACHE_CMP_PROC_FINFO);
        SPI_finish();
    });
    return memory;
}

// The rows of SPI's result, in the memory context that is current.
Readings copy_readings(TypeCacheEntry *key_type) {
    const int count = static_cast<int>(SPI_processed);
    auto room = [&](Size size) {
        return MemoryContextAllocHuge(CurrentMemoryContext, size * static_cast<Size>(Max(count, 1)));
    };
    Readings readings{{key_type, count, static_cast<Datum *>(room(sizeof(Datum)))},
                      static_cast<Reading *>(room(sizeof(Reading)))};
    for (int i = 0; i < count; i++) {
        HeapTuple row = SPI_tuptable->vals[i];
        TupleDesc columns = SPI_tuptable->tupdesc;
        bool is_null = false;
        readings.keys.items[i] =
            datumCopy(SPI_getbinval(row, columns, 1, &is_null), key_type->typbyval, key_type->typlen);
        Reading *reading = &readings.items[i];
        reading->points = DatumGetFloat8(SPI_getbinval(row, columns, 2, &is_null));
        // A rule of a link through other tables is not evaluated at the write.
        if (!std::isfinite(reading->points))
            ereport(ERROR,
                    (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("a rule gives points that are not a number"),
                     errhint("Mend the rule or the data, then publish the score again.")));
        reading->last_activity_at = DatumGetTimestampTz(SPI_getbinval(row, columns, 3, &is_null));
        reading->has_activity = !is_null;
        reading->activities = DatumGetInt64(SPI_getbinval(row, columns, 4, &is_null));
    }
    return readings;
}

// keys: an array, or null for everybody. States and rows are read as they are, but only of what the reader may know
// about.
Readings read_all(const ReaderMemory &memory, NullableDatum keys) {
    keys = keys_visible_to_reader(memory.component, keys);
    const Parameter parameters[] = {{INT4OID, {Int32GetDatum(memory.component), false}},
                                    {TIMESTAMPTZOID, {TimestampTzGetDatum(memory.as_of), false}},
                                    {get_array_type(memory.key_type->type_id), keys}};
    Readings readings{{memory.key_type, 0, nullptr}, nullptr};
    as_extension_owner([&] {
        SPI_connect();
        int result = execute_kept(memory.readings_query, parameters, 3);
        if (result != SPI_OK_SELECT)
            elog(ERROR, "reading activities failed: %s", SPI_result_code_string(result));
        MemoryContext spi_context = MemoryContextSwitchTo(memory.context);
        readings = copy_readings(memory.key_type);
        MemoryContextSwitchTo(spi_context);
        SPI_finish();
    });
    return readings;
}

NullableDatum all_keys(const ReaderMemory &memory) {
    const Parameter parameters[] = {{INT4OID, {Int32GetDatum(memory.component), false}},
                                    {TIMESTAMPTZOID, {TimestampTzGetDatum(memory.as_of), false}}};
    NullableDatum keys{0, false};
    as_extension_owner([&] {
        SPI_connect();
        int result = execute_kept(memory.all_keys_query, parameters, 2);
        if (result != SPI_OK_SELECT || SPI_processed != 1)
            elog(ERROR, "reading what is pending failed: %s", SPI_result_code_string(result));
        keys.value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &keys.isnull);
        if (!keys.isnull) {
            MemoryContext spi_context = MemoryContextSwitchTo(memory.context);
            keys.value = datumCopy(keys.value, false, -1);
            MemoryContextSwitchTo(spi_context);
        }
        SPI_finish();
    });
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
    if (*memory == nullptr || !is_of(**memory, component, as_of))
        *memory = start(component, as_of, query_context);
    ReaderMemory *mine = *memory;
    // Anybody may call the function that ends here, with any type.
    if (getBaseType(key_type) != mine->key_type->type_id)
        ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                        errmsg("the key must be of type %s, not %s", format_type_be(mine->key_type->type_id),
                               format_type_be(key_type))));
    if (!mine->has_all)
        mine->calls++;
    if (!mine->has_all && (mine->calls == calls_before_few + 1 || mine->calls > calls_before_bulk)) {
        NullableDatum keys = all_keys(*mine);
        if (mine->calls > calls_before_bulk || are_few(keys)) {
            mine->all = read_all(*mine, keys);
            mine->has_all = true;
            mine->everybody = keys.isnull;
        }
    }
    const Reading *known = mine->has_all ? find(*mine, key) : nullptr;
    if (known != nullptr)
        return *known;
    return mine->everybody ? Reading{0, 0, false, 0} : read_one(*mine, key);
}

} // namespace leadscore::pg
