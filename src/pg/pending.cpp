#include <algorithm>

#include "pg/pending.hpp"

#include "pg/appender.hpp"
#include "pg/owner.hpp"
#include "pg/subtransaction.hpp"

namespace leadscore::pg {

namespace {

bool comes_before(const Fact &left, const Fact &right) {
    if (left.branch->pending != right.branch->pending)
        return left.branch->pending < right.branch->pending;
    if (left.branch->component != right.branch->component)
        return left.branch->component < right.branch->component;
    return compare_keys(*left.branch, left.key, right.key) < 0;
}

// In the order of the index on the table, where there are enough of them to come to the same pages.
void sort_for_index(Facts *facts) {
    constexpr int worth_sorting = 64;
    if (facts->count >= worth_sorting)
        std::stable_sort(facts->items, facts->items + facts->count, comes_before);
}

} // namespace

void append_deltas(Facts *facts) {
    sort_for_index(facts);
    int written = 0;
    for (int first = 0; written < facts->count; first++) {
        Oid table = facts->items[first].branch->pending;
        bool done = false;
        for (int i = first - 1; i >= 0 && !done; i--)
            done = facts->items[i].branch->pending == table;
        if (done)
            continue;
        Appender appender(table, facts->count);
        for (int i = first; i < facts->count; i++) {
            if (facts->items[i].branch->pending != table)
                continue;
            appender.add_delta(facts->items[i]);
            written++;
        }
        appender.close();
    }
}

void append_component_mark(const Component &component) {
    Appender appender(component.pending, 1);
    appender.add_mark(component, nullptr);
    appender.close();
}

void append_marks(const Component &component, const Datum *keys, int count) {
    if (count == 0)
        return;
    Appender appender(component.pending, count);
    for (int i = 0; i < count; i++)
        appender.add_mark(component, &keys[i]);
    appender.close();
}

void report_broken(const Component &component, int sqlstate, const char *message, const char *what_was_done) {
    constexpr const char *insert = R"(
        INSERT INTO leadscore_internal.incident (score, building, sqlstate, message)
        SELECT $1, $2, $3, $4 WHERE NOT EXISTS (
          SELECT FROM leadscore_internal.incident AS i
          WHERE i.score OPERATOR(pg_catalog.=) $1 AND i.building OPERATOR(pg_catalog.=) $2))";
    Oid types[] = {INT4OID, BOOLOID, TEXTOID, TEXTOID};
    Datum values[] = {Int32GetDatum(component.score), BoolGetDatum(component.building),
                      CStringGetTextDatum(unpack_sql_state(sqlstate)), CStringGetTextDatum(message)};
    volatile uint64 inserted = 0;
    as_extension_owner([&] {
        SPI_connect();
        int result = SPI_execute_with_args(insert, 4, types, values, nullptr, false, 0);
        if (result != SPI_OK_INSERT)
            elog(ERROR, "noting a broken score failed: %s", SPI_result_code_string(result));
        inserted = SPI_processed;
        SPI_finish();
    });
    if (inserted == 0)
        return;
    // The error takes the incident back. A score that a change of its table broke makes no write fail any more.
    if (component.fails)
        ereport(ERROR,
                (errcode(sqlstate), errmsg("%s", message), errdetail("A score was created with on_error => 'fail'.")));
    // That a version cannot be built, publish says.
    if (component.building)
        return;
    ereport(WARNING, (errcode(sqlstate), errmsg("a score is broken: %s", message),
                      errdetail("%s; the score cannot be read until it is mended.", what_was_done),
                      errhint("Mend the rule or the data, then CALL leadscore.publish() for the score that "
                              "leadscore.status shows as broken.")));
}

} // namespace leadscore::pg
