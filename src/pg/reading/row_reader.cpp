#include "pg/reading/row_reader.hpp"

#include "pg/backend/growing_array.hpp"
#include "pg/backend/kept_plan.hpp"
#include "pg/backend/owner.hpp"
#include "pg/backend/query.hpp"
#include "pg/reading/sums.hpp"
#include "pg/reading/visibility.hpp"

namespace leadscore::pg {

namespace {

struct BranchQuery {
    Oid owner;
    char *query;
    NullableDatum from; // where it says that itself,
    int64 ahead;        // and by how much its times are earlier
};

// The queries are made from the catalogue as the extension's owner.
GrowingArray<BranchQuery> run_for_queries(const char *select, const Parameter *arguments, int argument_count) {
    auto queries = growing_array<BranchQuery>();
    as_extension_owner([&] {
        each_kept_row(select, arguments, argument_count, [&](const ResultRow &row) {
            BranchQuery query{row.oid(1), row.string(2), {0, true}, 0};
            if (row.column_count() > 2) {
                query.from = row.copy(3);
                query.ahead = row.long_integer(4);
            }
            append(&queries, query);
        });
    });
    return queries;
}

GrowingArray<BranchQuery> queries_of(int component, bool by_key, bool from, bool to, bool explained) {
    constexpr const char *select = R"(
        SELECT b.owner::pg_catalog.oid, leadscore_internal.branch_query(b.id, $2, $3, $4, $5)
        FROM leadscore_internal.branch AS b
        WHERE b.component OPERATOR(pg_catalog.=) $1 AND b.records IS NULL ORDER BY b.id)";
    const Parameter arguments[] = {int4_parameter(component), bool_parameter(by_key), bool_parameter(from),
                                   bool_parameter(to), bool_parameter(explained)};
    return run_for_queries(select, arguments, 5);
}

} // namespace

// Activities are read as their owner, so that a score is whole; but only of entities that the reader may know about.
void read_facts(int component, NullableDatum keys, Oid keys_type, NullableDatum from, NullableDatum to, bool explained,
                Tuplestorestate *result, TupleDesc columns) {
    keys = keys_visible_to_reader(component, keys);
    const auto queries = queries_of(component, !keys.isnull, !from.isnull, !to.isnull, explained);
    const Parameter parameters[] = {{keys_type, keys}, {TIMESTAMPTZOID, from}, {TIMESTAMPTZOID, to}};
    for (const BranchQuery &query : queries)
        as_table_owner(query.owner, [&] { run_into(query.query, parameters, 3, result, columns); });
}

// Of a million rows, those of the few who are wanted leave this place.
void read_earned(const Window &window, Tuplestorestate *result, TupleDesc columns) {
    constexpr const char *select =
        "SELECT q.owner, q.query, q.from_time, q.ahead FROM leadscore_internal.earned_queries($1, $2, $3, $4) AS q";
    const NullableDatum keys = keys_visible_to_reader(window.score, window.entity, window.keys);
    const Parameter arguments[] = {int4_parameter(window.score),
                                   int4_parameter(window.entity),
                                   {TIMESTAMPTZOID, window.from},
                                   bool_parameter(!keys.isnull)};
    const auto queries = run_for_queries(select, arguments, 4);
    Sums *sums = begin_sums(result, columns);
    for (const BranchQuery &query : queries) {
        const Parameter parameters[] = {
            {window.keys_type, keys}, {TIMESTAMPTZOID, query.from}, {TIMESTAMPTZOID, window.to}};
        DestReceiver *receiver = receiver_of(sums, query.ahead);
        as_table_owner(query.owner, [&] { run_query(query.query, parameters, 3, receiver); });
    }
    end_sums(sums, window.more_than);
}

void read_branch_facts(int branch, Tuplestorestate *result, TupleDesc columns) {
    constexpr const char *select = R"(
        SELECT b.owner::pg_catalog.oid, leadscore_internal.branch_query(b.id, false, false, false, false)
        FROM leadscore_internal.branch AS b WHERE b.id OPERATOR(pg_catalog.=) $1)";
    const Parameter argument = int4_parameter(branch);
    const auto queries = run_for_queries(select, &argument, 1);
    for (const BranchQuery &query : queries)
        as_table_owner(query.owner, [&] { run_into(query.query, nullptr, 0, result, columns); });
}

} // namespace leadscore::pg
