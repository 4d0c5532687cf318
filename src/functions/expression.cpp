#include "pg/caller.hpp"
#include "pg/expression.hpp"
#include "pg/guard.hpp"

using namespace leadscore::pg;

namespace {

// Runs the body with the search_path of the caller of the set-up function under way.
template <typename Body> Datum in_callers_path(Body body) {
    const Caller *caller = current_caller();
    if (caller == nullptr)
        return body();
    int nest = NewGUCNestLevel();
    set_config_option("search_path", caller->search_path, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
    Datum result = body();
    AtEOXact_GUC(true, nest);
    return result;
}

} // namespace

// setup(…): every function of the public set-up interface.
LEADSCORE_FUNCTION(setup) { return call_implementation(fcinfo); }

// caller() → oid: who called the set-up function under way.
LEADSCORE_FUNCTION(caller) {
    (void)fcinfo;
    const Caller *caller = current_caller();
    return ObjectIdGetDatum(caller != nullptr ? caller->user : GetUserId());
}

// canonical_expression(relation, expression, type, role) → text
LEADSCORE_FUNCTION(canonical_expression) {
    Relation relation = relation_open(PG_GETARG_OID(0), AccessShareLock);
    ExpressionSubject subject{relation, text_to_cstring(PG_GETARG_TEXT_PP(1)), text_to_cstring(PG_GETARG_TEXT_PP(3))};
    Oid type = PG_GETARG_OID(2);
    Datum result = in_callers_path(
        [&] { return CStringGetTextDatum(deparse(relation, parse_expression_as(subject, type))); });
    relation_close(relation, AccessShareLock);
    return result;
}

// expression_type(relation, expression, role) → regtype
LEADSCORE_FUNCTION(expression_type) {
    Relation relation = relation_open(PG_GETARG_OID(0), AccessShareLock);
    ExpressionSubject subject{relation, text_to_cstring(PG_GETARG_TEXT_PP(1)), text_to_cstring(PG_GETARG_TEXT_PP(2))};
    Datum result = in_callers_path([&] { return ObjectIdGetDatum(getBaseType(exprType(parse_expression(subject)))); });
    relation_close(relation, AccessShareLock);
    return result;
}

// casts_implicitly(from, to) → boolean
LEADSCORE_FUNCTION(casts_implicitly) {
    Oid from = PG_GETARG_OID(0);
    Oid to = PG_GETARG_OID(1);
    return BoolGetDatum(can_coerce_type(1, &from, &to, COERCION_IMPLICIT));
}

// equality_operator(type) → text: the equality of the type's btree class, qualified; NULL where there is none.
LEADSCORE_FUNCTION(equality_operator) {
    TypeCacheEntry *type = lookup_type_cache(PG_GETARG_OID(0), TYPECACHE_EQ_OPR | TYPECACHE_LT_OPR);
    if (!OidIsValid(type->eq_opr) || !OidIsValid(type->lt_opr))
        PG_RETURN_NULL();
    HeapTuple tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(type->eq_opr));
    auto *form = reinterpret_cast<Form_pg_operator>(GETSTRUCT(tuple));
    char *text = psprintf("OPERATOR(%s.%s)", quote_identifier(get_namespace_name(form->oprnamespace)),
                          NameStr(form->oprname));
    ReleaseSysCache(tuple);
    return CStringGetTextDatum(text);
}
