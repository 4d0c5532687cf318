#include <cmath>

#include "pg/entity_reader.hpp"

#include "pg/owner.hpp"

namespace leadscore::pg {

namespace {

constexpr int calls_before_bulk = 16;

// The readings of many entities, in the order of their keys.
struct Readings {
    int count;
    Datum *keys;
    Reading *items;
};

} // namespace

struct ReaderMemory {
    MemoryContext context;
    int component;
    TimestampTz as_of;
    CommandId command; // and the snapshot: an expression may outlive its query
    uint64 completed;
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
    memory->command = GetActiveSnapshot()->curcid;
    memory->completed = GetActiveSnapshot()->snapXactCompletionCount;
    Oid types[] = {INT4OID};
    Datum values[] = {Int32GetDatum(component)};
    as_extension_owner([&] {
        SPI_connect();
        int result = SPI_execute_with_args("SELECT q.all_keys, q.readings, q.key_type::pg_catalog.oid FROM "
                                           "leadscore_internal.reading_queries($1) AS q",
                                           1, types, values, nullptr, true, 1);
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

// keys: an array, or null for everybody. The reader's own rights decide which of them are read.
Readings read_all(const ReaderMemory &memory, NullableDatum keys) {
    Oid types[] = {INT4OID, TIMESTAMPTZOID, get_array_type(memory.key_type->type_id)};
    Datum values[] = {Int32GetDatum(memory.component), TimestampTzGetDatum(memory.as_of), keys.value};
    const char nulls[] = {' ', ' ', keys.isnull ? 'n' : ' '};
    SPI_connect();
    in_safe_path([&] {
        int result = SPI_execute_with_args(memory.readings_query, 3, types, values, nulls, true, 0);
        if (result != SPI_OK_SELECT)
            elog(ERROR, "reading activities failed: %s", SPI_result_code_string(result));
    });
    MemoryContext spi_context = MemoryContextSwitchTo(memory.context);
    Readings readings{static_cast<int>(SPI_processed), nullptr, nullptr};
    readings.keys = static_cast<Datum *>(
        MemoryContextAllocHuge(memory.context, sizeof(Datum) * static_cast<Size>(Max(readings.count, 1))));
    readings.items = static_cast<Reading *>(
        MemoryContextAllocHuge(memory.context, sizeof(Reading) * static_cast<Size>(Max(readings.count, 1))));
    for (int i = 0; i < readings.count; i++) {
        HeapTuple row = SPI_tuptable->vals[i];
        TupleDesc columns = SPI_tuptable->tupdesc;
        bool is_null = false;
        readings.keys[i] =
            datumCopy(SPI_getbinval(row, columns, 1, &is_null), memory.key_type->typbyval, memory.key_type->typlen);
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
    MemoryContextSwitchTo(spi_context);
    SPI_finish();
    return readings;
}

NullableDatum all_keys(const ReaderMemory &memory) {
    Oid types[] = {INT4OID, TIMESTAMPTZOID};
    Datum values[] = {Int32GetDatum(memory.component), TimestampTzGetDatum(memory.as_of)};
    NullableDatum keys{0, false};
    as_extension_owner([&] {
        SPI_connect();
        int result = SPI_execute_with_args(memory.all_keys_query, 2, types, values, nullptr, true, 1);
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

const Reading *find(const ReaderMemory &memory, Datum key) {
    int low = 0;
    int high = memory.all.count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        int order = DatumGetInt32(FunctionCall2Coll(&memory.key_type->cmp_proc_finfo, memory.key_type->typcollation,
                                                    memory.all.keys[middle], key));
        if (order == 0)
            return &memory.all.items[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return nullptr;
}

Reading read_one(const ReaderMemory &memory, Datum key) {
    ArrayType *keys = construct_array(&key, 1, memory.key_type->type_id, memory.key_type->typlen,
                                      memory.key_type->typbyval, memory.key_type->typalign);
    Readings readings = read_all(memory, NullableDatum{PointerGetDatum(keys), false});
    return readings.count > 0 ? readings.items[0] : Reading{0, 0, false, 0};
}

bool is_of(const ReaderMemory &memory, int component, TimestampTz as_of) {
    return memory.component == component && memory.as_of == as_of && memory.command == GetActiveSnapshot()->curcid &&
           memory.completed == GetActiveSnapshot()->snapXactCompletionCount;
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
    if (!mine->has_all && ++mine->calls > calls_before_bulk) {
        NullableDatum keys = all_keys(*mine);
        mine->all = read_all(*mine, keys);
        mine->has_all = true;
        mine->everybody = keys.isnull;
    }
    const Reading *known = mine->has_all ? find(*mine, key) : nullptr;
    if (known != nullptr)
        return *known;
    return mine->everybody ? Reading{0, 0, false, 0} : read_one(*mine, key);
}

} // namespace leadscore::pg
