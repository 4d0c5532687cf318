#include "pg/backend/event.hpp"
#include "pg/backend/guard.hpp"
#include "pg/backend/owner.hpp"
#include "pg/backend/subtransaction.hpp"
#include "pg/expressions/remembered.hpp"
#include "pg/tables/change.hpp"
#include "pg/writing/pending.hpp"

using namespace leadscore::pg;

namespace {

NullableDatum array_or_null(ArrayType *array) { return {PointerGetDatum(array), array == nullptr}; }

NullableDatum text_or_null(const char *text) {
    return {text != nullptr ? CStringGetTextDatum(text) : static_cast<Datum>(0), text == nullptr};
}

// Statements of a dump give no table other columns, names or values.
bool is_to_follow(const Node *statement, const Change &change) {
    return change.matters && !(restores_dump() && IsA(statement, AlterTableStmt) && change.rewritten == nullptr);
}

// Whoever changes tables of the CRM needs no right to the catalogue, and is not to fail for our sake.
template <int count>
void run_or_warn(const char *query, const Oid (&types)[count], const NullableDatum (&arguments)[count]) {
    CaughtError error;
    bool done = in_subtransaction(
        [&] {
            Oid given_types[count];
            Datum values[count];
            char nulls[count];
            for (int i = 0; i < count; i++) {
                given_types[i] = types[i];
                values[i] = arguments[i].value;
                nulls[i] = arguments[i].isnull ? 'n' : ' ';
            }
            as_extension_owner([&] {
                SPI_connect();
                SPI_execute_with_args(query, count, given_types, values, nulls, false, 0);
                SPI_finish();
            });
        },
        &error, CurrentMemoryContext);
    if (done)
        return;
    throw_on_passing(error);
    ereport(WARNING,
            (errcode(error.data->sqlerrcode), errmsg("scores could not follow this statement: %s", error.data->message),
             errhint("If leadscore.status shows a score as broken, set up anew what names the thing changed, "
                     "then CALL leadscore.publish().")));
}

} // namespace

// before_change() → event_trigger
LEADSCORE_FUNCTION(before_change) {
    const Node *statement = event_of(fcinfo, "before_change()")->parsetree;
    Change change = change_of(statement);
    if (is_to_follow(statement, change)) {
        begin_remembering(statement);
        run_or_warn<3>("SELECT leadscore_internal.prepare_for_change($1, $2, $3)", {OIDARRAYOID, TEXTOID, BOOLOID},
                       {array_or_null(change.relations), text_or_null(change.mention),
                        NullableDatum{BoolGetDatum(change.renames), false}});
    }
    PG_RETURN_NULL();
}

// after_change() → event_trigger
LEADSCORE_FUNCTION(after_change) {
    const Node *statement = event_of(fcinfo, "after_change()")->parsetree;
    Change change = change_of(statement);
    end_remembering(statement);
    if (is_to_follow(statement, change))
        run_or_warn<4>("SELECT leadscore_internal.follow_change($1, $2, $3, $4)",
                       {TEXTOID, TEXTOID, TEXTARRAYOID, BOOLOID},
                       {text_or_null(change.model), text_or_null(change.new_model), array_or_null(change.rewritten),
                        NullableDatum{BoolGetDatum(IsA(statement, ReassignOwnedStmt)), false}});
    PG_RETURN_NULL();
}

// break_score(score, building, sqlstate, message): for a change of a table, whatever the score does about rows that
// fail.
LEADSCORE_FUNCTION(break_score) {
    Component component{};
    component.score = PG_GETARG_INT32(0);
    component.building = PG_GETARG_BOOL(1);
    const char *sqlstate = text_to_cstring(PG_GETARG_TEXT_PP(2));
    report_broken(component, MAKE_SQLSTATE(sqlstate[0], sqlstate[1], sqlstate[2], sqlstate[3], sqlstate[4]),
                  text_to_cstring(PG_GETARG_TEXT_PP(3)), "The table was changed");
    PG_RETURN_VOID();
}
