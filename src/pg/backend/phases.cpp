#include "pg/backend/phases.hpp"

#include "pg/backend/caller.hpp"
#include "pg/backend/owner.hpp"
#include "pg/backend/subtransaction.hpp"

namespace leadscore::pg {

namespace {

// A procedure or a DO block around the CALL would lose the transaction that it takes for its own.
bool is_statement_of_its_own(FunctionCallInfo fcinfo) {
    if (fcinfo->context == nullptr || !IsA(fcinfo->context, CallContext) ||
        reinterpret_cast<CallContext *>(fcinfo->context)->atomic || ActivePortal == nullptr ||
        list_length(ActivePortal->stmts) != 1)
        return false;
    Node *statement = linitial_node(PlannedStmt, ActivePortal->stmts)->utilityStmt;
    return statement != nullptr && IsA(statement, CallStmt) &&
           reinterpret_cast<CallStmt *>(statement)->funcexpr->funcid == fcinfo->flinfo->fn_oid;
}

// A function of leadscore_internal that takes the name of a score; its result, or 0.
Datum call_for_score(const char *function, NullableDatum score) {
    Oid types[] = {TEXTOID};
    Datum values[] = {score.value};
    const char nulls[] = {score.isnull ? 'n' : ' '};
    Datum result = 0;
    as_extension_owner([&] {
        if (SPI_execute_with_args(psprintf("SELECT leadscore_internal.%s($1)", function), 1, types, values, nulls,
                                  false, 1) != SPI_OK_SELECT)
            elog(ERROR, "calling %s failed", function);
        bool is_null = false;
        if (SPI_gettypeid(SPI_tuptable->tupdesc, 1) == INT8OID)
            result = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null);
    });
    return result;
}

void run_in_one_transaction(const Phases &phases, NullableDatum score) {
    SPI_connect();
    for (int i = 0; i < phases.count; i++)
        call_for_score(phases.functions[i], score);
    SPI_finish();
}

void run_and_commit_each(const Phases &phases, NullableDatum score, MemoryContext context) {
    CaughtError error{nullptr};
    for (int i = 0; i < phases.count && error.data == nullptr; i++) {
        if (attempt([&] { call_for_score(phases.functions[i], score); }, &error, context)) {
            SPI_commit();
            continue;
        }
        SPI_rollback();
        CaughtError next{nullptr};
        if (i > 0 && phases.on_failure != nullptr) {
            if (attempt([&] { call_for_score(phases.on_failure, score); }, &next, context))
                SPI_commit();
            else
                SPI_rollback();
        }
    }
    if (error.data != nullptr)
        ReThrowError(error.data);
}

// Nobody else may change the life of the score between two phases.
void run_in_transactions(const Phases &phases, NullableDatum score) {
    MemoryContext context = CurrentMemoryContext;
    SPI_connect_ext(SPI_OPT_NONATOMIC);
    Datum lock_key = call_for_score("life_lock_key", score);
    DirectFunctionCall1(pg_advisory_lock_int8, lock_key);
    PG_TRY();
    { run_and_commit_each(phases, score, context); }
    PG_FINALLY();
    { DirectFunctionCall1(pg_advisory_unlock_int8, lock_key); }
    PG_END_TRY();
    SPI_finish();
}

} // namespace

void run_phases(FunctionCallInfo fcinfo, const Phases &phases) {
    NullableDatum score{PG_GETARG_DATUM(0), PG_ARGISNULL(0)};
    remembering_caller(namespace_search_path, [&] {
        if (is_statement_of_its_own(fcinfo))
            run_in_transactions(phases, score);
        else
            run_in_one_transaction(phases, score);
    });
}

} // namespace leadscore::pg
