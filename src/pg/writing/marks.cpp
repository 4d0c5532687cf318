#include "pg/writing/marks.hpp"

#include "pg/backend/kept.hpp"
#include "pg/backend/kept_plan.hpp"
#include "pg/backend/owner.hpp"
#include "pg/backend/subtransaction.hpp"
#include "pg/tables/tree.hpp"
#include "pg/writing/merge.hpp"
#include "pg/writing/pending.hpp"

namespace leadscore::pg {

namespace {

// A query for the keys of entities that changed rows lead to, and the components that it marks them for.
struct Watch {
    const char *query;
    SPIPlanPtr plan; // for few rows; made when it is first wanted
    Oid owner;
    const char *problem; // why it must not run any more
    int component_count;
    Component *components;
};

// Those of one table and event.
struct Watches : Kept {
    int count;
    Watch *items;
};

void free_plans(Kept *kept) {
    auto *watches = static_cast<Watches *>(kept);
    for (int i = 0; i < watches->count; i++)
        if (watches->items[i].plan != nullptr)
            SPI_freeplan(watches->items[i].plan);
}

const char *query_column(KeptKind kind) {
    if (kind == KeptKind::marks_of_insert)
        return "added";
    return kind == KeptKind::marks_of_delete ? "removed" : "changed";
}

KeptKind kind_of(TriggerEvent event) {
    if (TRIGGER_FIRED_BY_INSERT(event))
        return KeptKind::marks_of_insert;
    return TRIGGER_FIRED_BY_DELETE(event) ? KeptKind::marks_of_delete : KeptKind::marks_of_update;
}

// Of int4 or oid.
int *integers(const ResultRow &row, int column, int *count) {
    Datum *elements = nullptr;
    ArrayType *array = DatumGetArrayTypeP(row.value(column).value);
    deconstruct_array(array, ARR_ELEMTYPE(array), sizeof(int32), true, TYPALIGN_INT, &elements, nullptr, count);
    auto *values = static_cast<int *>(palloc(sizeof(int) * static_cast<size_t>(*count)));
    for (int i = 0; i < *count; i++)
        values[i] = DatumGetInt32(elements[i]);
    return values;
}

Watch read_watch(const ResultRow &row) {
    Watch watch{};
    watch.query = row.string(1);
    watch.owner = row.oid(2);
    watch.problem = row.string(8);
    const int *ids = integers(row, 3, &watch.component_count);
    const int *scores = integers(row, 4, &watch.component_count);
    const int *fails = integers(row, 5, &watch.component_count);
    const int *pending = integers(row, 6, &watch.component_count);
    const int *building = integers(row, 7, &watch.component_count);
    watch.components =
        static_cast<Component *>(palloc0(sizeof(Component) * static_cast<size_t>(watch.component_count)));
    for (int i = 0; i < watch.component_count; i++) {
        watch.components[i].component = ids[i];
        watch.components[i].score = scores[i];
        watch.components[i].building = building[i] != 0;
        watch.components[i].fails = fails[i] != 0;
        watch.components[i].pending = static_cast<Oid>(pending[i]);
    }
    return watch;
}

// What is published now for the table, whatever the snapshot of the writer: its triggers are those of now, too.
void load_watches(Watches *watches, KeptKind kind, Oid relation) {
    const char *select = psprintf(R"(
        SELECT w.%s, w.owner::pg_catalog.oid, pg_catalog.array_agg(c.id), pg_catalog.array_agg(s.id),
               pg_catalog.array_agg((c.on_error OPERATOR(pg_catalog.=) 'fail' AND NOT c.building)::pg_catalog.int4),
               pg_catalog.array_agg(c.pending::pg_catalog.oid), pg_catalog.array_agg(c.building::pg_catalog.int4), u.message
        FROM leadscore_internal.watch AS w
        JOIN leadscore_internal.component AS c ON c.id OPERATOR(pg_catalog.=) w.component
        JOIN leadscore_internal.score AS s ON s.id OPERATOR(pg_catalog.=) c.score
        LEFT JOIN LATERAL (SELECT pg_catalog.min(x.message) AS message FROM leadscore_internal.used_table AS x
                           WHERE x.component OPERATOR(pg_catalog.=) c.id AND x.changed_hands) AS u ON true
        WHERE w.relation::pg_catalog.oid OPERATOR(pg_catalog.=) ANY ($1) AND (s.state OPERATOR(pg_catalog.=) 'live' OR c.building)
          AND NOT EXISTS (SELECT FROM leadscore_internal.incident AS i
                          WHERE i.score OPERATOR(pg_catalog.=) s.id AND i.building OPERATOR(pg_catalog.=) c.building)
        GROUP BY 1, 2, u.message)",
                                  query_column(kind));
    // Who owns them decides whether the queries may run.
    constexpr const char *select_tables = R"(
        SELECT pg_catalog.array_agg(x.relation) || $1 || $2
        FROM leadscore_internal.watch AS w
        JOIN leadscore_internal.used_table AS x ON x.component OPERATOR(pg_catalog.=) w.component
        WHERE w.relation::pg_catalog.oid OPERATOR(pg_catalog.=) ANY ($1))";
    Oid types[] = {OIDARRAYOID, OIDOID};
    Datum values[] = {tables_above(relation), ObjectIdGetDatum(relation)};
    SPI_connect();
    PushActiveSnapshot(GetLatestSnapshot());
    if (SPI_execute_with_args(select, 1, types, values, nullptr, true, 0) != SPI_OK_SELECT)
        elog(ERROR, "reading the published links failed");
    MemoryContext spi_context = MemoryContextSwitchTo(watches->context);
    watches->items = static_cast<Watch *>(palloc0(sizeof(Watch) * Max(SPI_processed, 1)));
    each_result_row([&](const ResultRow &row) { watches->items[watches->count++] = read_watch(row); });
    MemoryContextSwitchTo(spi_context);
    if (SPI_execute_with_args(select_tables, 2, types, values, nullptr, true, 0) != SPI_OK_SELECT)
        elog(ERROR, "reading the published links failed");
    MemoryContextSwitchTo(watches->context);
    int *tables = integers(ResultRow(0), 1, &watches->table_count);
    watches->tables = reinterpret_cast<Oid *>(tables);
    MemoryContextSwitchTo(spi_context);
    PopActiveSnapshot();
    SPI_finish();
}

Watches *watches_of(const TriggerData *trigger) {
    const KeptKey key{kind_of(trigger->tg_event), 0, RelationGetRelid(trigger->tg_relation)};
    return acquire_kept<Watches>(key, [&](MemoryContext context) {
        auto *watches = static_cast<Watches *>(MemoryContextAllocZero(context, sizeof(Watches)));
        watches->context = context;
        watches->let_go = free_plans;
        watches->names_things = true;
        as_extension_owner([&] { load_watches(watches, key.kind, key.relation); });
        return watches;
    });
}

struct Keys {
    int count;
    Datum *items;
    bool everybody; // a null among them
};

// What does not fit into a btree is nobody's key, and must not make the write fail.
constexpr Size longest_key = 2000;

void append_result(Keys *keys, MemoryContext context) {
    MemoryContext spi_context = MemoryContextSwitchTo(context);
    int most = keys->count + static_cast<int>(SPI_processed);
    auto *items =
        static_cast<Datum *>(MemoryContextAllocHuge(context, sizeof(Datum) * static_cast<size_t>(Max(most, 1))));
    for (int i = 0; i < keys->count; i++)
        items[i] = keys->items[i];
    keys->items = items;
    Form_pg_attribute key = TupleDescAttr(SPI_tuptable->tupdesc, 0);
    for (uint64 i = 0; i < SPI_processed; i++) {
        bool is_null = false;
        Datum value = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &is_null);
        if (is_null) {
            keys->everybody = true;
            continue;
        }
        if (key->attlen == -1 && toast_raw_datum_size(value) > longest_key)
            ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                            errmsg("a key of a link is longer than %zu bytes", longest_key)));
        items[keys->count++] = datumCopy(value, key->attbyval, key->attlen);
    }
    MemoryContextSwitchTo(spi_context);
}

int compare_keys(const void *left, const void *right, void *argument) {
    auto *type = static_cast<TypeCacheEntry *>(argument);
    return DatumGetInt32(FunctionCall2Coll(&type->cmp_proc_finfo, type->typcollation, *static_cast<const Datum *>(left),
                                           *static_cast<const Datum *>(right)));
}

// Two snapshots mostly give the same keys: each is marked once.
void make_distinct(Keys *keys, Oid type_id) {
    TypeCacheEntry *type = lookup_type_cache(type_id, TYPECACHE_CMP_PROC_FINFO);
    qsort_arg(keys->items, static_cast<size_t>(keys->count), sizeof(Datum), compare_keys, type);
    int kept = 0;
    for (int i = 0; i < keys->count; i++)
        if (kept == 0 || compare_keys(&keys->items[kept - 1], &keys->items[i], type) != 0)
            keys->items[kept++] = keys->items[i];
    keys->count = kept;
}

// A plan for few rows may take a table's length for each of many.
constexpr int64 few_rows = 100;

int64 row_count(Tuplestorestate *store) { return store == nullptr ? 0 : tuplestore_tuple_count(store); }

bool changes_few_rows(const TriggerData *trigger) {
    return row_count(trigger->tg_oldtable) + row_count(trigger->tg_newtable) <= few_rows;
}

SPIPlanPtr kept_plan(Watch *watch) {
    if (watch->plan == nullptr) {
        SPIPlanPtr plan = SPI_prepare(watch->query, 0, nullptr);
        if (plan == nullptr || SPI_keepplan(plan) != 0)
            elog(ERROR, "planning the way of changed rows to their entities failed");
        watch->plan = plan;
    }
    return watch->plan;
}

void find_keys(Watch *watch, bool by_plan, bool read_only, Keys *keys, MemoryContext context) {
    const int code = by_plan ? SPI_execute_plan(kept_plan(watch), nullptr, nullptr, read_only, 0)
                             : SPI_execute(watch->query, read_only, 0);
    if (code != SPI_OK_SELECT)
        elog(ERROR, "finding the entities of changed rows failed");
    append_result(keys, context);
}

// Joins changed rows with the other tables, with the rights of the table's owner: as this transaction sees them, and as
// they are now. A state made anew since this transaction's snapshot has the other side of the join, and no mark.
Keys keys_of(Watch *watch, TriggerData *trigger, MemoryContext context) {
    Keys keys{0, nullptr, false};
    const bool by_plan = trigger != nullptr && changes_few_rows(trigger);
    as_table_owner(watch->owner, [&] {
        // What two rows differ in must be seen in their text.
        set_for_now("datestyle", "ISO");
        SPI_connect();
        if (trigger != nullptr)
            SPI_register_trigger_data(trigger);
        find_keys(watch, by_plan, false, &keys, context);
        if (IsolationUsesXactSnapshot()) {
            PushActiveSnapshot(GetLatestSnapshot());
            find_keys(watch, by_plan, true, &keys, context);
            make_distinct(&keys, SPI_gettypeid(SPI_tuptable->tupdesc, 1));
            PopActiveSnapshot();
        }
        SPI_finish();
    });
    return keys;
}

void break_scores(const Watch &watch, int sqlstate, const char *message) {
    for (int i = 0; i < watch.component_count; i++)
        report_broken(watch.components[i], sqlstate, message);
}

// Whether it could be done; else why not. Without a trigger the query names the rows itself.
bool mark(Watch *watch, TriggerData *trigger, CaughtError *error) {
    MemoryContext context = CurrentMemoryContext;
    Keys keys{0, nullptr, false};
    if (!in_subtransaction([&] { keys = keys_of(watch, trigger, context); }, error, context)) {
        throw_on_passing(*error);
        return false;
    }
    for (int i = 0; i < watch->component_count; i++) {
        if (keys.everybody)
            append_component_mark(watch->components[i]);
        else
            append_marks(watch->components[i], keys.items, keys.count);
    }
    return true;
}

bool has_query(const Watches &watches, const char *query) {
    bool found = false;
    for (int i = 0; i < watches.count && !found; i++)
        found = strcmp(watches.items[i].query, query) == 0;
    return found;
}

void mark_all(TriggerData *trigger) {
    Watches *watches = watches_of(trigger);
    int next = 0;
    while (next < watches->count) {
        Watch *watch = &watches->items[next];
        CaughtError error;
        if (watch->problem != nullptr) {
            break_scores(*watch, ERRCODE_INSUFFICIENT_PRIVILEGE, watch->problem);
        } else if (!mark(watch, trigger, &error)) {
            // What the query names may have been renamed while it waited for the table: then there is a new one.
            watches->stale = true;
            Watches *now = watches_of(trigger);
            if (!has_query(*now, watch->query)) {
                watches = now;
                next = 0;
                continue;
            }
            break_scores(*watch, error.data->sqlerrcode, error.data->message);
            // Of a broken score nothing more is kept.
            now->stale = true;
        }
        next++;
    }
}

} // namespace

void capture_marks(TriggerData *trigger) {
    MemoryContext statement = AllocSetContextCreate(CurrentMemoryContext, "pg_leadscore marks", ALLOCSET_DEFAULT_SIZES);
    MemoryContext caller = MemoryContextSwitchTo(statement);
    if (TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event) || merge_hides_rows(trigger)) {
        Watches *watches = watches_of(trigger);
        for (int i = 0; i < watches->count; i++)
            for (int j = 0; j < watches->items[i].component_count; j++)
                append_component_mark(watches->items[i].components[j]);
    } else {
        mark_all(trigger);
    }
    MemoryContextSwitchTo(caller);
    MemoryContextDelete(statement);
}

void mark_rows(int component, Oid owner, const char *query) {
    constexpr const char *select = R"(
        SELECT s.id, c.on_error OPERATOR(pg_catalog.=) 'fail' AND NOT c.building, c.pending::pg_catalog.oid, c.building
        FROM leadscore_internal.component AS c
        JOIN leadscore_internal.score AS s ON s.id OPERATOR(pg_catalog.=) c.score
        WHERE c.id OPERATOR(pg_catalog.=) $1)";
    const Parameter parameter = int4_parameter(component);
    Component marked{};
    as_extension_owner([&] {
        auto read = [&](const ResultRow &row) {
            marked.component = component;
            marked.score = row.integer(1);
            marked.fails = row.flag(2);
            marked.pending = row.oid(3);
            marked.building = row.flag(4);
        };
        if (each_kept_row(select, &parameter, 1, read) == 0)
            elog(ERROR, "component %d does not exist", component);
    });
    Watch watch{};
    watch.query = query;
    watch.owner = owner;
    watch.component_count = 1;
    watch.components = &marked;
    CaughtError error;
    if (!mark(&watch, nullptr, &error))
        break_scores(watch, error.data->sqlerrcode, error.data->message);
}

} // namespace leadscore::pg
