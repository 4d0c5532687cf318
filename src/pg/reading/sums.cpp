#include "pg/reading/sums.hpp"

#include "pg/reading/key_table.hpp"

namespace leadscore::pg {

namespace {

struct Sum {
    Datum key = 0;
    double points = 0;
    TimestampTz last_activity_at = DT_NOBEGIN; // that for none
    int32 activities = nobody;

    static constexpr int32 nobody = -1;
    bool is_free() const { return activities == nobody; }
    static Sum of(Datum key) { return Sum{key, 0, DT_NOBEGIN, 0}; }
};

} // namespace

struct Sums {
    DestReceiver receiver; // first: PostgreSQL knows the address of this part only
    Tuplestorestate *result;
    TupleDesc columns;
    int64 later;
    Oid key_type;
    KeyTable<Sum> *table; // null where keys cannot be hashed
    bool in_parts;
};

namespace {

void start_anew(Sums *sums) { sums->table = make_key_table<Sum>(sums->key_type, 0, get_hash_memory_limit()); }

void put(const Sums &sums, const Sum &sum) {
    Datum values[] = {sum.key, Float8GetDatum(sum.points), Int64GetDatum(static_cast<int64>(sum.activities)),
                      TimestampTzGetDatum(sum.last_activity_at)};
    bool nulls[] = {false, false, false, TIMESTAMP_IS_NOBEGIN(sum.last_activity_at)};
    tuplestore_putvalues(sums.result, sums.columns, values, nulls);
}

template <typename Wanted> void put_all(const Sums &sums, Wanted wanted) {
    for (uint64 i = 0; i < sums.table->size(); i++) {
        CHECK_FOR_INTERRUPTS();
        const Sum &sum = sums.table->entries[i];
        if (!sum.is_free() && wanted(sum))
            put(sums, sum);
    }
}

Sum *find_sum(Sums *sums, Datum key) {
    Sum *sum = find_or_add(sums->table, key, get_hash_memory_limit());
    if (sum != nullptr)
        return sum;
    put_all(*sums, [](const Sum &) { return true; });
    sums->in_parts = true;
    MemoryContext caller = MemoryContextSwitchTo(MemoryContextGetParent(sums->table->context));
    free_key_table(sums->table);
    start_anew(sums);
    MemoryContextSwitchTo(caller);
    return find_or_add(sums->table, key, get_hash_memory_limit());
}

bool take_row(TupleTableSlot *slot, DestReceiver *receiver) {
    auto *sums = reinterpret_cast<Sums *>(receiver);
    slot_getallattrs(slot);
    const Datum *values = slot->tts_values;
    const double points = DatumGetFloat8(values[2]);
    const int32 activities = DatumGetInt32(values[3]);
    const TimestampTz at = activities > 0 ? DatumGetTimestampTz(values[1]) + sums->later : DT_NOBEGIN;
    if (sums->table == nullptr) {
        put(*sums, Sum{values[0], points, at, activities});
        sums->in_parts = true;
        return true;
    }
    Sum *sum = find_sum(sums, values[0]);
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
    sums->key_type = getBaseType(TupleDescAttr(columns, 0)->atttypid);
    start_anew(sums);
    return sums;
}

DestReceiver *receiver_of(Sums *sums, int64 later) {
    sums->later = later;
    return &sums->receiver;
}

void end_sums(Sums *sums, NullableDatum more_than) {
    if (sums->table == nullptr)
        return;
    const bool all = more_than.isnull || sums->in_parts;
    // As SQL compares, for which NaN is more than any other number.
    put_all(*sums, [&](const Sum &sum) { return all || !(sum.points <= DatumGetFloat8(more_than.value)); });
    free_key_table(sums->table);
}

} // namespace leadscore::pg
