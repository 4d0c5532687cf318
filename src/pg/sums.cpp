#include "pg/sums.hpp"

namespace leadscore::pg {

namespace {

struct Sum {
    Datum key;
    double points;
    TimestampTz last_activity_at; // DT_NOBEGIN for none
    int32 activities;
    uint32 hash; // 0 for a free place
};

constexpr uint32 first_capacity = 1024;
constexpr uint32 large_capacity = 1 << 16;

// While it is small, quickly.
uint32 next_capacity(uint32 capacity) { return capacity < large_capacity ? capacity * 4 : capacity * 2; }

bool is_nobody(const Sum &sum) { return sum.hash == 0; }

} // namespace

struct Sums {
    DestReceiver receiver; // first: PostgreSQL knows the address of this part only
    Tuplestorestate *result;
    TupleDesc columns;
    int64 later;
    TypeCacheEntry *key_type;
    MemoryContext context; // of the places and keys; reset when they have gone to the result
    Sum *places;           // a power of two
    uint32 capacity;
    uint32 count;
    bool in_parts;
};

namespace {

// An int by itself, everything else as its type has it.
uint32 hash_of(const Sums &sums, Datum key) {
    const Oid type = sums.key_type->type_id;
    uint32 hash = 0;
    if (type == INT4OID)
        hash = murmurhash32(static_cast<uint32>(DatumGetInt32(key)));
    else if (type == INT8OID)
        hash = hash_combine(murmurhash32(static_cast<uint32>(DatumGetInt64(key))),
                            murmurhash32(static_cast<uint32>(DatumGetInt64(key) >> 32)));
    else
        hash = DatumGetUInt32(FunctionCall1Coll(&sums.key_type->hash_proc_finfo, sums.key_type->typcollation, key));
    return hash == 0 ? 1 : hash;
}

bool equal(const Sums &sums, Datum left, Datum right) {
    const Oid type = sums.key_type->type_id;
    if (type == INT4OID || type == INT8OID)
        return left == right;
    return DatumGetBool(FunctionCall2Coll(&sums.key_type->eq_opr_finfo, sums.key_type->typcollation, left, right));
}

Sum *free_places(const Sums &sums, uint32 capacity) {
    return static_cast<Sum *>(MemoryContextAllocExtended(sums.context, sizeof(Sum) * static_cast<Size>(capacity),
                                                         MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO));
}

void start_anew(Sums *sums) {
    MemoryContextReset(sums->context);
    sums->capacity = first_capacity;
    sums->count = 0;
    sums->places = free_places(*sums, sums->capacity);
}

void put(const Sums &sums, const Sum &sum) {
    Datum values[] = {sum.key, Float8GetDatum(sum.points), Int64GetDatum(static_cast<int64>(sum.activities)),
                      TimestampTzGetDatum(sum.last_activity_at)};
    bool nulls[] = {false, false, false, TIMESTAMP_IS_NOBEGIN(sum.last_activity_at)};
    tuplestore_putvalues(sums.result, sums.columns, values, nulls);
}

void put_all(Sums *sums) {
    for (uint32 i = 0; i < sums->capacity; i++) {
        CHECK_FOR_INTERRUPTS();
        if (!is_nobody(sums->places[i]))
            put(*sums, sums->places[i]);
    }
}

void grow(Sums *sums) {
    Sum *before = sums->places;
    const uint32 capacity_before = sums->capacity;
    sums->capacity = next_capacity(capacity_before);
    sums->places = free_places(*sums, sums->capacity);
    for (uint32 i = 0; i < capacity_before; i++) {
        if (is_nobody(before[i]))
            continue;
        uint32 place = before[i].hash & (sums->capacity - 1);
        while (!is_nobody(sums->places[place]))
            place = (place + 1) & (sums->capacity - 1);
        sums->places[place] = before[i];
    }
    pfree(before);
}

// Three quarters full at most, so that a free place is near.
void make_room(Sums *sums) {
    if (sums->count < sums->capacity / 4 * 3)
        return;
    const Size size = MemoryContextMemAllocated(sums->context, true);
    const Size more = sizeof(Sum) * static_cast<Size>(next_capacity(sums->capacity) - sums->capacity);
    if (size + more <= get_hash_memory_limit() && sums->capacity <= PG_UINT32_MAX / 4) {
        grow(sums);
        return;
    }
    put_all(sums);
    sums->in_parts = true;
    start_anew(sums);
}

Sum *find(Sums *sums, Datum key) {
    const uint32 hash = hash_of(*sums, key);
    make_room(sums);
    uint32 place = hash & (sums->capacity - 1);
    while (!is_nobody(sums->places[place])) {
        if (sums->places[place].hash == hash && equal(*sums, sums->places[place].key, key))
            return &sums->places[place];
        place = (place + 1) & (sums->capacity - 1);
    }
    MemoryContext caller = MemoryContextSwitchTo(sums->context);
    sums->places[place] = Sum{datumCopy(key, sums->key_type->typbyval, sums->key_type->typlen), 0, DT_NOBEGIN, 0, hash};
    MemoryContextSwitchTo(caller);
    sums->count++;
    return &sums->places[place];
}

bool take_row(TupleTableSlot *slot, DestReceiver *receiver) {
    auto *sums = reinterpret_cast<Sums *>(receiver);
    slot_getallattrs(slot);
    const Datum *values = slot->tts_values;
    const double points = DatumGetFloat8(values[2]);
    const int32 activities = DatumGetInt32(values[3]);
    const TimestampTz at = activities > 0 ? DatumGetTimestampTz(values[1]) + sums->later : DT_NOBEGIN;
    if (!OidIsValid(sums->key_type->hash_proc_finfo.fn_oid)) {
        put(*sums, Sum{values[0], points, at, activities, 0});
        sums->in_parts = true;
        return true;
    }
    Sum *sum = find(sums, values[0]);
    sum->points += points;
    sum->activities += activities;
    sum->last_activity_at = Max(sum->last_activity_at, at);
    return true;
}

void check_columns(DestReceiver *receiver, int, TupleDesc given) {
    const auto *sums = reinterpret_cast<Sums *>(receiver);
    const Oid wanted[] = {TupleDescAttr(sums->columns, 0)->atttypid, TIMESTAMPTZOID, FLOAT8OID, INT4OID};
    bool fits = given->natts == lengthof(wanted);
    for (int i = 0; fits && i < given->natts; i++)
        fits = TupleDescAttr(given, i)->atttypid == wanted[i];
    if (!fits)
        ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                        errmsg("the published rules do not give the key's type any more")));
}

void shut_down(DestReceiver *) {}

} // namespace

Sums *begin_sums(Tuplestorestate *result, TupleDesc columns) {
    // Anybody may call the function that ends here, with any columns.
    const Oid wanted[] = {InvalidOid, FLOAT8OID, INT8OID, TIMESTAMPTZOID};
    bool fits = columns->natts == lengthof(wanted);
    for (int i = 1; fits && i < columns->natts; i++)
        fits = TupleDescAttr(columns, i)->atttypid == wanted[i];
    if (!fits)
        ereport(ERROR,
                (errcode(ERRCODE_DATATYPE_MISMATCH),
                 errmsg("the columns must be key, points float8, activities bigint, last_activity_at timestamptz")));
    auto *sums = static_cast<Sums *>(palloc0(sizeof(Sums)));
    // SPI takes a SELECT for another command where its rows go to DestNone.
    sums->receiver = DestReceiver{take_row, check_columns, shut_down, shut_down, DestTuplestore};
    sums->result = result;
    sums->columns = columns;
    sums->key_type = lookup_type_cache(getBaseType(TupleDescAttr(columns, 0)->atttypid),
                                       TYPECACHE_HASH_PROC_FINFO | TYPECACHE_EQ_OPR_FINFO);
    sums->context = AllocSetContextCreate(CurrentMemoryContext, "pg_leadscore sums", ALLOCSET_DEFAULT_SIZES);
    start_anew(sums);
    return sums;
}

DestReceiver *receiver_of(Sums *sums, int64 later) {
    sums->later = later;
    return &sums->receiver;
}

void end_sums(Sums *sums, NullableDatum more_than) {
    for (uint32 i = 0; i < sums->capacity; i++) {
        CHECK_FOR_INTERRUPTS();
        const Sum &sum = sums->places[i];
        // As SQL compares, for which NaN is more than any other number.
        const bool wanted = more_than.isnull || sums->in_parts || !(sum.points <= DatumGetFloat8(more_than.value));
        if (!is_nobody(sum) && wanted)
            put(*sums, sum);
    }
    MemoryContextDelete(sums->context);
}

} // namespace leadscore::pg
