#include "pg/backend/caller.hpp"

namespace leadscore::pg {

namespace {

Caller *caller = nullptr;

// Of a function in leadscore_internal, the one whose name begins with granted_.
Oid implementation_of(Oid function) {
    const Oid internal = get_namespace_oid("leadscore_internal", false);
    HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
    if (!HeapTupleIsValid(tuple))
        elog(ERROR, "cache lookup failed for function %u", function);
    auto *form = reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple));
    const char *name = psprintf("%s%s", form->pronamespace == internal ? "granted_" : "", NameStr(form->proname));
    Oid implementation = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum(name),
                                         PointerGetDatum(&form->proargtypes), ObjectIdGetDatum(internal));
    if (!OidIsValid(implementation))
        elog(ERROR, "leadscore_internal has no implementation of %s", NameStr(form->proname));
    ReleaseSysCache(tuple);
    return implementation;
}

} // namespace

const Caller *current_caller() { return caller; }

void set_place(const char *place) {
    if (caller != nullptr)
        caller->place = place != nullptr ? MemoryContextStrdup(TopTransactionContext, place) : nullptr;
}

void remembering_caller(const char *search_path, void (*body)(void *), void *argument) {
    Caller here{GetUserId(), pstrdup(search_path), nullptr};
    Caller *outer = caller;
    MemoryContext context = CurrentMemoryContext;
    PG_TRY();
    {
        caller = &here;
        body(argument);
        caller = outer;
    }
    PG_CATCH();
    {
        const char *place = caller->place;
        caller = outer;
        MemoryContextSwitchTo(context);
        ErrorData *error = CopyErrorData();
        FlushErrorState();
        if (error->sqlerrcode != ERRCODE_INTERNAL_ERROR)
            error->context = nullptr;
        if (place != nullptr && ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_OPERATOR_INTERVENTION)
            error->message = psprintf("%s: %s", place, error->message);
        ReThrowError(error);
    }
    PG_END_TRY();
}

Datum call_implementation(FunctionCallInfo fcinfo, const char *search_path) {
    FmgrInfo implementation;
    fmgr_info(implementation_of(fcinfo->flinfo->fn_oid), &implementation);
    // Which says of what type a polymorphic argument is.
    fmgr_info_set_expr(fcinfo->flinfo->fn_expr, &implementation);

    LOCAL_FCINFO(call, FUNC_MAX_ARGS);
    InitFunctionCallInfoData(*call, &implementation, fcinfo->nargs, fcinfo->fncollation, fcinfo->context,
                             fcinfo->resultinfo);
    for (int i = 0; i < fcinfo->nargs; i++)
        call->args[i] = fcinfo->args[i];
    Datum result = 0;
    remembering_caller(search_path, [&] { result = FunctionCallInvoke(call); });
    fcinfo->isnull = call->isnull;
    return result;
}

} // namespace leadscore::pg
