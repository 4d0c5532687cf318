#include <limits>

#include "pg/reading/hottest.hpp"

#include "pg/backend/each_row.hpp"
#include "pg/backend/kept_plan.hpp"
#include "pg/backend/owner.hpp"
#include "pg/backend/query.hpp"
#include "pg/reading/hottest_queries.hpp"
#include "pg/reading/totals.hpp"
#include "pg/reading/visibility.hpp"

namespace leadscore::pg {

namespace {

// Beyond so many, reading everybody takes no longer.
constexpr int most_leaders = 20000;

struct Leaders {
    bool known;
    double bound; // nobody else has as many points
    Datum keys;
    bool more; // or has points at all
};

Leaders find_leaders(const char *query) {
    Leaders leaders{false, 0, 0, false};
    as_extension_owner([&] {
        kept_query_row(query, nullptr, 0, [&](const ResultRow &row) {
            if (!row.is_null(1))
                leaders = {true, row.number(1), row.copy(2).value, row.flag(3)};
        });
    });
    return leaders;
}

// As the reader. False where somebody else may stand among the first.
bool read_leaders(const HottestQueries &queries, const Leaders &leaders, int n, Tuplestorestate *result,
                  TupleDesc columns) {
    const Parameter parameters[] = {{INT4OID, {Int32GetDatum(n), false}},
                                    {get_array_type(queries.key_type), {leaders.keys, false}}};
    bool complete = false;
    in_safe_path([&] {
        SPI_connect();
        if (execute_kept(queries.among, parameters, 2) != SPI_OK_SELECT)
            elog(ERROR, "reading the hottest failed");
        if (SPI_processed == static_cast<uint64>(n)) {
            bool is_null = false;
            const double last = DatumGetFloat8(
                SPI_getbinval(SPI_tuptable->vals[SPI_processed - 1], SPI_tuptable->tupdesc, 3, &is_null));
            complete = !is_null && last > leaders.bound;
        }
        if (complete) {
            TupleConversionMap *map =
                convert_tuples_by_position(SPI_tuptable->tupdesc, columns, "the key of the entity is of another type");
            for (uint64 i = 0; i < SPI_processed; i++) {
                HeapTuple row = SPI_tuptable->vals[i];
                tuplestore_puttuple(result, map == nullptr ? row : execute_attr_map_tuple(row, map));
            }
        }
        SPI_finish();
    });
    return complete;
}

// Some more than are asked for: not every state is that of an entity.
int first_wanted(int n) { return n >= most_leaders ? n : n + n / 4 + 5; }

bool read_by_rank(const RankedScore &score, HottestQueries queries, int n, Tuplestorestate *result, TupleDesc columns) {
    if (queries.leaders == nullptr || !sees_all_rows(queries.relation))
        return false;
    for (int wanted = first_wanted(n); wanted <= most_leaders; wanted *= 4) {
        if (wanted != first_wanted(n))
            queries = hottest_queries(score, wanted);
        const Leaders leaders = find_leaders(queries.leaders);
        if (!leaders.known)
            return false;
        if (read_leaders(queries, leaders, n, result, columns))
            return true;
        if (!leaders.more)
            return false;
    }
    return false;
}

// Those with the most points so far, and others.
struct Best {
    struct Item {
        double points;
        Datum key;
    };
    TypeCacheEntry *type;
    Oid collation;
    int count;
    Item *items;
    double bound; // whoever has less is not among the first
};

int compare_hottest(const void *left, const void *right, void *argument) {
    const auto *a = static_cast<const Best::Item *>(left);
    const auto *b = static_cast<const Best::Item *>(right);
    if (a->points != b->points)
        return a->points > b->points ? -1 : 1;
    auto *best = static_cast<Best *>(argument);
    return DatumGetInt32(FunctionCall2Coll(&best->type->cmp_proc_finfo, best->collation, a->key, b->key));
}

void keep_first(Best *best, int wanted) {
    qsort_arg(best->items, static_cast<size_t>(best->count), sizeof(Best::Item), compare_hottest, best);
    for (int i = wanted; i < best->count && !best->type->typbyval; i++)
        pfree(DatumGetPointer(best->items[i].key));
    best->count = Min(best->count, wanted);
    if (best->count == wanted)
        best->bound = best->items[wanted - 1].points;
}

// From the totals of all, each table being read once. False where the view must be asked.
bool read_by_totals(const HottestQueries &queries, int n, Tuplestorestate *result, TupleDesc columns) {
    constexpr int room = 2 * most_leaders;
    constexpr int column_count = 3;
    const Oid types[column_count] = {INT8OID, queries.key_type, FLOAT8OID};
    bool fits = n <= most_leaders && columns->natts == column_count && sees_all_rows(queries.relation);
    for (int i = 0; fits && i < column_count; i++)
        fits = TupleDescAttr(columns, i)->atttypid == types[i];
    Totals totals{};
    if (!fits || !read_totals(queries.score, queries.entity, &totals))
        return false;
    MemoryContext context = CurrentMemoryContext;
    Best best{lookup_type_cache(queries.key_type, TYPECACHE_CMP_PROC_FINFO), InvalidOid, 0,
              static_cast<Best::Item *>(palloc(sizeof(Best::Item) * room)), -std::numeric_limits<double>::infinity()};
    auto consider = [&](TupleTableSlot *slot) {
        bool is_null = false;
        const Datum key = slot_getattr(slot, 1, &is_null);
        best.collation = TupleDescAttr(slot->tts_tupleDescriptor, 0)->attcollation;
        if (is_null || !tells_apart(best.collation))
            return false;
        const double points = points_in(totals, key);
        if (points < best.bound)
            return true;
        MemoryContext query_context = MemoryContextSwitchTo(context);
        best.items[best.count++] = Best::Item{points, datumCopy(key, best.type->typbyval, best.type->typlen)};
        if (best.count == room)
            keep_first(&best, n);
        MemoryContextSwitchTo(query_context);
        return true;
    };
    bool complete = false;
    // As the view, which asks for no right to the schema.
    as_table_owner(queries.owner, [&] { complete = each_row(queries.rows, nullptr, 0, consider); });
    if (!complete)
        return false;
    keep_first(&best, n);
    for (int i = 0; i < best.count; i++) {
        bool nulls[] = {false, false, false};
        Datum values[] = {Int64GetDatum(i + 1), best.items[i].key, Float8GetDatum(best.items[i].points)};
        tuplestore_putvalues(result, columns, values, nulls);
    }
    return true;
}

} // namespace

void read_hottest(const RankedScore &score, Tuplestorestate *result, TupleDesc columns) {
    const int n = DatumGetInt32(score.n.value);
    const HottestQueries queries = hottest_queries(score, first_wanted(n));
    if (queries.paused || n == 0 || read_by_rank(score, queries, n, result, columns) ||
        read_by_totals(queries, n, result, columns))
        return;
    const Parameter limit{INT4OID, score.n};
    in_safe_path([&] { run_into(queries.everybody, &limit, 1, result, columns); });
}

NullableDatum find_earners(const Parameter *arguments, Oid keys_type) {
    constexpr const char *select =
        "SELECT q.relation, q.query FROM leadscore_internal.earners_query($1, $2, $3, $4, $5) AS q";
    Oid relation = InvalidOid;
    char *query = nullptr;
    as_extension_owner([&] {
        kept_query_row(select, arguments, 5, [&](const ResultRow &row) {
            relation = row.oid(1);
            query = row.string(2);
        });
    });
    NullableDatum keys{0, true};
    if (query == nullptr || !sees_all_rows(relation))
        return keys;
    as_extension_owner([&] { keys = kept_query_value(query, nullptr, 0); });
    // Anybody may call the function that ends here, with any type.
    if (!keys.isnull && ARR_ELEMTYPE(DatumGetArrayTypeP(keys.value)) != get_element_type(keys_type))
        ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("the keys of the entity are of another type")));
    return keys;
}

} // namespace leadscore::pg
