#include "pg/marks.hpp"

#include "pg/owner.hpp"
#include "pg/pending.hpp"
#include "pg/subtransaction.hpp"

namespace leadscore::pg {

namespace {

// A query for the keys of entities that changed rows lead to, and the components that it marks them for.
struct Watch {
    const char *query;
    Oid owner;
    int component_count;
    Component *components;
};

struct Watches {
    int count;
    Watch *items;
};

const char *query_column(TriggerEvent event) {
    if (TRIGGER_FIRED_BY_INSERT(event))
        return "added";
    return TRIGGER_FIRED_BY_DELETE(event) ? "removed" : "changed";
}

// Of int4 or oid.
int *integers(HeapTuple row, TupleDesc columns, int number, int *count) {
    bool is_null = false;
    Datum *elements = nullptr;
    ArrayType *array = DatumGetArrayTypeP(SPI_getbinval(row, columns, number, &is_null));
    deconstruct_array(array, ARR_ELEMTYPE(array), sizeof(int32), true, TYPALIGN_INT, &elements, nullptr, count);
    auto *values = static_cast<int *>(palloc(sizeof(int) * static_cast<size_t>(*count)));
    for (int i = 0; i < *count; i++)
        values[i] = DatumGetInt32(elements[i]);
    return values;
}

// What is published now for the table, whatever the snapshot of the writer: its triggers are those of now, too.
Watches watches_of(const TriggerData *trigger, MemoryContext context) {
    const char *select = psprintf(R"(
        SELECT w.%s, w.owner::pg_catalog.oid, pg_catalog.array_agg(c.id), pg_catalog.array_agg(s.id),
               pg_catalog.array_agg((c.on_error OPERATOR(pg_catalog.=) 'fail' AND NOT c.building)::pg_catalog.int4),
               pg_catalog.array_agg(c.pending::pg_catalog.oid), pg_catalog.array_agg(c.building::pg_catalog.int4)
        FROM leadscore_internal.watch AS w
        JOIN leadscore_internal.component AS c ON c.id OPERATOR(pg_catalog.=) w.component
        JOIN leadscore_internal.score AS s ON s.id OPERATOR(pg_catalog.=) c.score
        WHERE w.relation OPERATOR(pg_catalog.=) $1 AND (s.state OPERATOR(pg_catalog.=) 'live' OR c.building)
        GROUP BY 1, 2)",
                                  query_column(trigger->tg_event));
    Oid types[] = {REGCLASSOID};
    Datum values[] = {ObjectIdGetDatum(RelationGetRelid(trigger->tg_relation))};
    Watches watches{0, nullptr};
    as_extension_owner([&] {
        SPI_connect();
        PushActiveSnapshot(GetLatestSnapshot());
        if (SPI_execute_with_args(select, 1, types, values, nullptr, true, 0) != SPI_OK_SELECT)
            elog(ERROR, "reading the published links failed");
        MemoryContext spi_context = MemoryContextSwitchTo(context);
        watches.count = static_cast<int>(SPI_processed);
        watches.items = static_cast<Watch *>(palloc0(sizeof(Watch) * Max(SPI_processed, 1)));
        for (int i = 0; i < watches.count; i++) {
            Watch *watch = &watches.items[i];
            HeapTuple row = SPI_tuptable->vals[i];
            TupleDesc columns = SPI_tuptable->tupdesc;
            bool is_null = false;
            watch->query = TextDatumGetCString(SPI_getbinval(row, columns, 1, &is_null));
            watch->owner = DatumGetObjectId(SPI_getbinval(row, columns, 2, &is_null));
            const int *ids = integers(row, columns, 3, &watch->component_count);
            const int *scores = integers(row, columns, 4, &watch->component_count);
            const int *fails = integers(row, columns, 5, &watch->component_count);
            const int *pending = integers(row, columns, 6, &watch->component_count);
            const int *building = integers(row, columns, 7, &watch->component_count);
            watch->components =
                static_cast<Component *>(palloc0(sizeof(Component) * static_cast<size_t>(watch->component_count)));
            for (int j = 0; j < watch->component_count; j++) {
                watch->components[j].component = ids[j];
                watch->components[j].score = scores[j];
                watch->components[j].building = building[j] != 0;
                watch->components[j].fails = fails[j] != 0;
                watch->components[j].pending = static_cast<Oid>(pending[j]);
            }
        }
        MemoryContextSwitchTo(spi_context);
        PopActiveSnapshot();
        SPI_finish();
    });
    return watches;
}

struct Keys {
    int count;
    Datum *items;
};

// What does not fit into a btree is nobody's key, and must not make the write fail.
constexpr Size longest_key = 2000;

void append_result(Keys *keys, MemoryContext context) {
    MemoryContext spi_context = MemoryContextSwitchTo(context);
    int total = keys->count + static_cast<int>(SPI_processed);
    auto *items =
        static_cast<Datum *>(MemoryContextAllocHuge(context, sizeof(Datum) * static_cast<size_t>(Max(total, 1))));
    for (int i = 0; i < keys->count; i++)
        items[i] = keys->items[i];
    Form_pg_attribute key = TupleDescAttr(SPI_tuptable->tupdesc, 0);
    for (int i = keys->count; i < total; i++) {
        bool is_null = false;
        Datum value = SPI_getbinval(SPI_tuptable->vals[i - keys->count], SPI_tuptable->tupdesc, 1, &is_null);
        if (key->attlen == -1 && toast_raw_datum_size(value) > longest_key)
            ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                            errmsg("a key of a link is longer than %zu bytes", longest_key)));
        items[i] = datumCopy(value, key->attbyval, key->attlen);
    }
    *keys = Keys{total, items};
    MemoryContextSwitchTo(spi_context);
}

// Joins changed rows with the other tables, with the rights of the table's owner: as this transaction sees them, and as
// they are now. A state made anew since this transaction's snapshot has the other side of the join, and no mark.
Keys keys_of(const Watch &watch, TriggerData *trigger, MemoryContext context) {
    Keys keys{0, nullptr};
    as_table_owner(watch.owner, [&] {
        // What two rows differ in must be seen in their text; the GUC level of in_safe_path undoes this.
        set_config_option("extra_float_digits", "1", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
        set_config_option("datestyle", "ISO", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
        set_config_option("row_security", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
        SPI_connect();
        SPI_register_trigger_data(trigger);
        if (SPI_execute(watch.query, false, 0) != SPI_OK_SELECT)
            elog(ERROR, "finding the entities of changed rows failed");
        append_result(&keys, context);
        if (IsolationUsesXactSnapshot()) {
            PushActiveSnapshot(GetLatestSnapshot());
            if (SPI_execute(watch.query, true, 0) != SPI_OK_SELECT)
                elog(ERROR, "finding the entities of changed rows failed");
            append_result(&keys, context);
            PopActiveSnapshot();
        }
        SPI_finish();
    });
    return keys;
}

void mark(const Watch &watch, TriggerData *trigger) {
    MemoryContext context = CurrentMemoryContext;
    Keys keys{0, nullptr};
    CaughtError error;
    if (in_subtransaction([&] { keys = keys_of(watch, trigger, context); }, &error, context)) {
        for (int i = 0; i < watch.component_count; i++)
            append_marks(watch.components[i], keys.items, keys.count);
        return;
    }
    throw_on_passing(error);
    for (int i = 0; i < watch.component_count; i++)
        report_broken(watch.components[i], error.data->sqlerrcode, error.data->message);
}

} // namespace

void capture_marks(TriggerData *trigger) {
    MemoryContext statement = AllocSetContextCreate(CurrentMemoryContext, "pg_leadscore marks", ALLOCSET_DEFAULT_SIZES);
    MemoryContext caller = MemoryContextSwitchTo(statement);
    Watches watches = watches_of(trigger, statement);
    for (int i = 0; i < watches.count; i++) {
        const Watch &watch = watches.items[i];
        if (TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event))
            for (int j = 0; j < watch.component_count; j++)
                append_component_mark(watch.components[j]);
        else
            mark(watch, trigger);
    }
    MemoryContextSwitchTo(caller);
    MemoryContextDelete(statement);
}

} // namespace leadscore::pg
