#include "pg/backend/caller.hpp"
#include "pg/backend/guard.hpp"
#include "pg/backend/subtransaction.hpp"
#include "pg/expressions/expression.hpp"
#include "pg/expressions/qualified_names.hpp"
#include "pg/expressions/remembered.hpp"

using namespace leadscore::pg;

namespace {

template <typename Body> Datum in_path(const char *search_path, Body body) {
    int nest = NewGUCNestLevel();
    set_config_option("search_path", search_path, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
    Datum result = body();
    AtEOXact_GUC(true, nest);
    return result;
}

// Runs the body with the search_path of the caller of the set-up function under way.
template <typename Body> Datum in_callers_path(Body body) {
    const Caller *caller = current_caller();
    return caller == nullptr ? body() : in_path(caller->search_path, body);
}

// The tables that an expression may use: its row, which has a name where there is a list of joined tables, and those.
class Tables {
public:
    Tables(Oid relation, NullableDatum through, const char *row_name)
        : relation_(relation_open(relation, AccessShareLock)) {
        if (through.isnull)
            return;
        alias_ = row_name;
        Datum *elements = nullptr;
        bool *nulls = nullptr;
        deconstruct_array(DatumGetArrayTypeP(through.value), REGCLASSOID, sizeof(Oid), true, TYPALIGN_INT, &elements,
                          &nulls, &joined_count_);
        joined_ = static_cast<JoinedTable *>(palloc(sizeof(JoinedTable) * static_cast<size_t>(joined_count_)));
        for (int i = 0; i < joined_count_; i++) {
            if (nulls[i])
                ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("a table of through is null")));
            joined_[i].relation = relation_open(DatumGetObjectId(elements[i]), AccessShareLock);
            joined_[i].alias = joined_count_ == 1 ? "through" : psprintf("through%d", i + 1);
        }
    }

    ExpressionSubject subject(const char *text, const char *role, bool may_be_set) const {
        return {relation_, text, role, alias_, joined_, joined_count_, may_be_set};
    }

    Relation table(int number) const { return number == 0 ? relation_ : joined_[number - 1].relation; }
    int count() const { return joined_count_ + 1; }

    void close() {
        for (int i = 0; i < joined_count_; i++)
            relation_close(joined_[i].relation, AccessShareLock);
        relation_close(relation_, AccessShareLock);
    }

private:
    Relation relation_;
    const char *alias_ = nullptr;
    JoinedTable *joined_ = nullptr;
    int joined_count_ = 0;
};

NullableDatum argument(FunctionCallInfo fcinfo, int number) { return {PG_GETARG_DATUM(number), PG_ARGISNULL(number)}; }

char *text_argument(FunctionCallInfo fcinfo, int number) { return text_to_cstring(PG_GETARG_TEXT_PP(number)); }

// The columns that an expression uses, as '1.lead_id': the number of the table, 0 for the row, and the name.
Datum columns_of(const Tables &tables, Node *expression) {
    ArrayBuildState *columns = initArrayResult(TEXTOID, CurrentMemoryContext, false);
    for (int table = 0; table < tables.count(); table++) {
        Bitmapset *used = nullptr;
        pull_varattnos(expression, static_cast<Index>(table) + 1, &used);
        for (int member = bms_next_member(used, -1); member >= 0; member = bms_next_member(used, member)) {
            int number = member + FirstLowInvalidHeapAttributeNumber;
            Form_pg_attribute column = TupleDescAttr(RelationGetDescr(tables.table(table)), number - 1);
            columns = accumArrayResult(columns, CStringGetTextDatum(psprintf("%d.%s", table, NameStr(column->attname))),
                                       false, TEXTOID, CurrentMemoryContext);
        }
    }
    return makeArrayResult(columns, CurrentMemoryContext);
}

int tables_of(const Tables &tables, Node *expression) {
    int mask = 0;
    for (int table = 0; table < tables.count(); table++) {
        Bitmapset *used = nullptr;
        pull_varattnos(expression, static_cast<Index>(table) + 1, &used);
        mask |= bms_is_empty(used) ? 0 : 1 << table;
    }
    return mask;
}

} // namespace

// setup(…): every function of the public set-up interface.
LEADSCORE_FUNCTION(setup) { return call_implementation(fcinfo, namespace_search_path); }

// setup_from_document(…): one whose expressions are canonical, or as good as: what has no schema is PostgreSQL's own.
LEADSCORE_FUNCTION(setup_from_document) { return call_implementation(fcinfo, "pg_catalog"); }

// set_place(place)
LEADSCORE_FUNCTION(set_place) {
    set_place(PG_ARGISNULL(0) ? nullptr : text_argument(fcinfo, 0));
    PG_RETURN_VOID();
}

// caller() → oid: who called the set-up function under way.
LEADSCORE_FUNCTION(caller) {
    (void)fcinfo;
    const Caller *caller = current_caller();
    return ObjectIdGetDatum(caller != nullptr ? caller->user : GetUserId());
}

// canonical_expression(relation, expression, type, role, through, row_name, may_be_set) → text
LEADSCORE_FUNCTION(canonical_expression) {
    if (PG_ARGISNULL(1))
        PG_RETURN_NULL();
    Tables tables(PG_GETARG_OID(0), argument(fcinfo, 4), text_argument(fcinfo, 5));
    ExpressionSubject subject = tables.subject(text_argument(fcinfo, 1), text_argument(fcinfo, 3), PG_GETARG_BOOL(6));
    Oid type = PG_GETARG_OID(2);
    Datum result =
        in_callers_path([&] { return CStringGetTextDatum(deparse(subject, parse_expression_as(subject, type))); });
    tables.close();
    return result;
}

// expression_type(relation, expression, role, through, row_name, may_be_set) → regtype
LEADSCORE_FUNCTION(expression_type) {
    if (PG_ARGISNULL(1))
        PG_RETURN_NULL();
    Tables tables(PG_GETARG_OID(0), argument(fcinfo, 3), text_argument(fcinfo, 4));
    ExpressionSubject subject = tables.subject(text_argument(fcinfo, 1), text_argument(fcinfo, 2), PG_GETARG_BOOL(5));
    Datum result = in_callers_path([&] { return ObjectIdGetDatum(getBaseType(exprType(parse_expression(subject)))); });
    tables.close();
    return result;
}

// Where an expression is the set of elements of an array: a condition that finds by an index those arrays that have one
// of the keys in $1. Null for any other expression.
NullableDatum condition_on_array(const ExpressionSubject &subject, Node *expression) {
    if (!IsA(expression, FuncExpr) || reinterpret_cast<FuncExpr *>(expression)->funcid != F_UNNEST_ANYARRAY)
        return {0, true};
    auto *array = static_cast<Node *>(linitial(reinterpret_cast<FuncExpr *>(expression)->args));
    return {CStringGetTextDatum(psprintf("(%s) OPERATOR(pg_catalog.&&) ($1)::%s", deparse(subject, array),
                                         format_type_be_qualified(exprType(array)))),
            false};
}

// conjuncts(relation, through, expression, type or 0 for any, role, row_name)
//   → SETOF (expression, tables, columns, is_set, on_array)
// The expression is canonical: it is read in the path that it was written for, and not in that of whoever publishes.
LEADSCORE_FUNCTION(conjuncts) {
    InitMaterializedSRF(fcinfo, 0);
    if (PG_ARGISNULL(2))
        return static_cast<Datum>(0);
    auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    Tables tables(PG_GETARG_OID(0), argument(fcinfo, 1), text_argument(fcinfo, 5));
    Oid type = PG_GETARG_OID(3);
    ExpressionSubject subject = tables.subject(text_argument(fcinfo, 2), text_argument(fcinfo, 4), !OidIsValid(type));
    in_path("pg_catalog", [&] {
        Node *expression = OidIsValid(type) ? parse_expression_as(subject, type) : parse_expression(subject);
        List *parts =
            type == BOOLOID ? make_ands_implicit(reinterpret_cast<Expr *>(expression)) : list_make1(expression);
        ListCell *cell = nullptr;
        foreach (cell, parts) {
            auto *part = static_cast<Node *>(lfirst(cell));
            NullableDatum array = condition_on_array(subject, part);
            Datum values[] = {CStringGetTextDatum(deparse(subject, part)), Int32GetDatum(tables_of(tables, part)),
                              columns_of(tables, part), BoolGetDatum(expression_returns_set(part)), array.value};
            bool nulls[] = {false, false, false, false, array.isnull};
            tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
        }
        return static_cast<Datum>(0);
    });
    tables.close();
    return static_cast<Datum>(0);
}

// remember_expression(relation, through, row_name, expression): keeps what it means; one that means nothing any more is
// skipped.
LEADSCORE_FUNCTION(remember_expression) {
    Oid relation = PG_GETARG_OID(0);
    NullableDatum through = argument(fcinfo, 1);
    char *row_name = text_argument(fcinfo, 2);
    char *text = text_argument(fcinfo, 3);
    CaughtError error;
    bool understood = in_subtransaction(
        [&] {
            Tables tables(relation, through, row_name);
            remember({relation, through, row_name, text, parse_expression(tables.subject(text, "expression", true))});
            tables.close();
        },
        &error, CurrentMemoryContext);
    if (!understood)
        throw_on_passing(error);
    PG_RETURN_VOID();
}

// remembered_expressions() → SETOF (relation, through, row_name, before, now)
LEADSCORE_FUNCTION(remembered_expressions) {
    InitMaterializedSRF(fcinfo, 0);
    auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    ListCell *cell = nullptr;
    foreach (cell, remembered()) {
        auto *kept = static_cast<RememberedExpression *>(lfirst(cell));
        Tables tables(kept->relation, kept->through, kept->row_name);
        char *now = deparse(tables.subject(kept->text, "expression", true), kept->expression);
        tables.close();
        Datum values[] = {ObjectIdGetDatum(kept->relation), kept->through.value, CStringGetTextDatum(kept->row_name),
                          CStringGetTextDatum(kept->text), CStringGetTextDatum(now)};
        bool nulls[] = {false, kept->through.isnull, false, false, false};
        tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    }
    return static_cast<Datum>(0);
}

// qualified_names(expression) → SETOF (kind, schema, name, at, length)
LEADSCORE_FUNCTION(qualified_names) {
    InitMaterializedSRF(fcinfo, 0);
    auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
    ListCell *cell = nullptr;
    foreach (cell, qualified_names(text_argument(fcinfo, 0))) {
        auto *found = static_cast<QualifiedName *>(lfirst(cell));
        Datum values[] = {CStringGetTextDatum(found->kind),
                          found->schema != nullptr ? CStringGetTextDatum(found->schema) : 0,
                          CStringGetTextDatum(found->name), Int32GetDatum(found->at), Int32GetDatum(found->length)};
        bool nulls[] = {false, found->schema == nullptr, false, false, false};
        tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    }
    return static_cast<Datum>(0);
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
    char *text =
        psprintf("OPERATOR(%s.%s)", quote_identifier(get_namespace_name(form->oprnamespace)), NameStr(form->oprname));
    ReleaseSysCache(tuple);
    return CStringGetTextDatum(text);
}
