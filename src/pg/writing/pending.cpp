#include "pg/writing/pending.hpp"

#include "pg/backend/owner.hpp"
#include "pg/backend/subtransaction.hpp"
#include "pg/states/appender.hpp"

namespace leadscore::pg {

namespace {

template <typename Number> int compare(Number left, Number right) { return (left > right) - (left < right); }

// In the order of the index on the table that they are appended to. A user's comparison may be an error, so it is
// PostgreSQL's sort that calls it: there is nothing to be let go of.
int compare_facts(const void *left_fact, const void *right_fact) {
    const auto *left = static_cast<const Fact *>(left_fact);
    const auto *right = static_cast<const Fact *>(right_fact);
    int order = compare(left->branch->pending, right->branch->pending);
    if (order == 0)
        order = compare(left->branch->component, right->branch->component);
    return order != 0 ? order : compare_keys(*left->branch, left->key, right->key);
}

// Of one entity and component: they need one mark.
bool stand_together(const Fact &left, const Fact &right) { return compare_facts(&left, &right) == 0; }

// Where there are enough of them to come to the same pages.
void sort_for_index(Facts *facts) {
    constexpr int worth_sorting = 64;
    if (facts->count >= worth_sorting)
        qsort(facts->items, static_cast<size_t>(facts->count), sizeof(Fact), compare_facts);
}

} // namespace

void append_facts(Facts *facts) {
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
            const Fact &fact = facts->items[i];
            if (!fact.branch->marks)
                appender.add_delta(fact);
            else if (i == 0 || !stand_together(facts->items[i - 1], fact))
                appender.add_mark(*fact.branch, &fact.key);
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
