#include "pg/expressions/expression.hpp"

namespace leadscore::pg {

namespace {

// Positions in errors are those of the expression, not of the statement that contains it.
void add_expression_to_error(void *argument) {
    const auto *subject = static_cast<const ExpressionSubject *>(argument);
    int position = geterrposition();
    if (position > 0) {
        errposition(0);
        internalerrposition(position);
    }
    internalerrquery(subject->text);
    errcontext("%s on \"%s\"", subject->role, RelationGetRelationName(subject->relation));
}

int cursor_position(const ExpressionSubject &subject, int location) {
    return location < 0 ? 0 : pg_mbstrlen_with_len(subject.text, location) + 1;
}

Node *parse_one_value(const ExpressionSubject &subject) {
    List *statements = raw_parser(subject.text, RAW_PARSE_PLPGSQL_EXPR);
    auto *select = castNode(SelectStmt, linitial_node(RawStmt, statements)->stmt);
    bool plain = list_length(select->targetList) == 1 && select->distinctClause == NIL &&
                 select->intoClause == nullptr && select->fromClause == NIL && select->whereClause == nullptr &&
                 select->groupClause == NIL && select->havingClause == nullptr && select->windowClause == NIL &&
                 select->valuesLists == NIL && select->sortClause == NIL && select->limitOffset == nullptr &&
                 select->limitCount == nullptr && select->lockingClause == NIL && select->withClause == nullptr &&
                 select->op == SETOP_NONE;
    ResTarget *target = plain ? linitial_node(ResTarget, select->targetList) : nullptr;
    bool star =
        plain && IsA(target->val, ColumnRef) && IsA(llast(reinterpret_cast<ColumnRef *>(target->val)->fields), A_Star);
    if (!plain || star || target->name != nullptr)
        ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("not a single expression: %s", subject.text),
                        errhint("Give one SQL expression on the columns of the row, without SELECT, FROM or WHERE.")));
    return target->val;
}

// What one node of the expression is refused for.
struct Refusal {
    bool refuses_sets = true;
    Node *node = nullptr;
    int sqlstate = 0;
    const char *reason = nullptr;
    const char *hint = nullptr;
};

bool is_mutable_function(Oid function, void *) { return func_volatile(function) != PROVOLATILE_IMMUTABLE; }

bool mixes_zoned_and_local_time(Oid function) {
    Oid *argument_types = nullptr;
    int arguments = 0;
    Oid result = get_func_signature(function, &argument_types, &arguments);
    bool zoned = result == TIMESTAMPTZOID;
    for (int i = 0; i < arguments; i++)
        zoned = zoned || argument_types[i] == TIMESTAMPTZOID || argument_types[i] == TIMETZOID;
    return zoned;
}

bool is_mutable_time_function(Oid function, void *) {
    return func_volatile(function) != PROVOLATILE_IMMUTABLE && mixes_zoned_and_local_time(function);
}

constexpr const char *immutable_hint =
    "The result of an expression may depend on the row alone. For dates and times name the zone, as in "
    "(happened_at AT TIME ZONE 'UTC')::date; the age of an activity is what decay is for.";

bool refuse_node(Node *node, void *argument) {
    if (node == nullptr)
        return false;
    auto *refusal = static_cast<Refusal *>(argument);
    auto refuse = [&](int sqlstate, const char *reason, const char *hint) {
        *refusal = Refusal{refusal->refuses_sets, node, sqlstate, reason, hint};
        return true;
    };
    if (IsA(node, SubLink))
        return refuse(ERRCODE_FEATURE_NOT_SUPPORTED, "a sub-select is not allowed in an expression",
                      "Name the tables to look up with the argument through.");
    if (IsA(node, Aggref) || IsA(node, GroupingFunc))
        return refuse(ERRCODE_GROUPING_ERROR, "an aggregate is not allowed in an expression",
                      "An expression is evaluated on one row.");
    if (IsA(node, WindowFunc))
        return refuse(ERRCODE_WINDOWING_ERROR, "a window function is not allowed in an expression",
                      "An expression is evaluated on one row.");
    bool is_set = (IsA(node, FuncExpr) && reinterpret_cast<FuncExpr *>(node)->funcretset) ||
                  (IsA(node, OpExpr) && reinterpret_cast<OpExpr *>(node)->opretset);
    if (is_set && refusal->refuses_sets)
        return refuse(ERRCODE_FEATURE_NOT_SUPPORTED, "an expression must give one value, not a set",
                      "Only the key of a link may be a set.");
    if (IsA(node, Var) && reinterpret_cast<Var *>(node)->varattno <= 0)
        return refuse(ERRCODE_FEATURE_NOT_SUPPORTED, "an expression may use the ordinary columns of the row only",
                      "Name the columns that it needs.");
    if (IsA(node, SQLValueFunction) || IsA(node, NextValueExpr))
        return refuse(ERRCODE_INVALID_OBJECT_DEFINITION, "an expression must be immutable", immutable_hint);
    if (check_functions_in_node(node, is_mutable_function, nullptr))
        return refuse(ERRCODE_INVALID_OBJECT_DEFINITION, "functions and operators in an expression must be immutable",
                      check_functions_in_node(node, is_mutable_time_function, nullptr)
                          ? immutable_hint
                          : "The result of an expression may depend on the row alone.");
    return walk_expression(node, refuse_node, argument);
}

void refuse_virtual_columns([[maybe_unused]] Relation relation, [[maybe_unused]] Index varno,
                            [[maybe_unused]] Node *expression) {
#if PG_VERSION_NUM >= 180000
    // They are not computed yet when triggers fire.
    Bitmapset *columns = nullptr;
    pull_varattnos(expression, varno, &columns);
    for (int member = bms_next_member(columns, -1); member >= 0; member = bms_next_member(columns, member)) {
        AttrNumber number = static_cast<AttrNumber>(member + FirstLowInvalidHeapAttributeNumber);
        Form_pg_attribute column = TupleDescAttr(RelationGetDescr(relation), number - 1);
        if (column->attgenerated == ATTRIBUTE_GENERATED_VIRTUAL)
            ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                            errmsg("column \"%s\" is a virtual generated column", NameStr(column->attname)),
                            errhint("Use the expression that it is generated from, or make it STORED.")));
    }
#endif
}

// Values that differ would be one key to the CRM, and two in tables of ours, hash tables and arrays. Only keys are of a
// type with a collation.
void refuse_unequal_equals(const ExpressionSubject &subject, Node *expression) {
    const Oid collation = exprCollation(expression);
    if (OidIsValid(collation) && !get_collation_isdeterministic(collation))
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("%s has the collation \"%s\", for which values that differ can be equal: %s",
                               subject.role, get_collation_name(collation), subject.text),
                        errhint("Give the entity and its links a key that is the same for them and of another "
                                "collation, as in lower(email) COLLATE \"C\".")));
}

// Runs the body with the context that explains where in which expression an error is.
template <typename Body> Node *with_error_context(const ExpressionSubject &subject, Body body) {
    ErrorContextCallback context;
    context.callback = add_expression_to_error;
    context.arg = const_cast<ExpressionSubject *>(&subject);
    context.previous = error_context_stack;
    error_context_stack = &context;
    Node *result = body();
    error_context_stack = context.previous;
    return result;
}

void add_rows(ParseState *state, const ExpressionSubject &subject) {
    Alias *alias = subject.alias != nullptr ? makeAlias(subject.alias, NIL) : nullptr;
    addNSItemToQuery(state, addRangeTableEntryForRelation(state, subject.relation, AccessShareLock, alias, false, true),
                     true, true, true);
    for (int i = 0; i < subject.joined_count; i++) {
        const JoinedTable &joined = subject.joined[i];
        addNSItemToQuery(state,
                         addRangeTableEntryForRelation(state, joined.relation, AccessShareLock,
                                                       makeAlias(joined.alias, NIL), false, true),
                         true, true, false);
    }
}

Node *analyse(const ExpressionSubject &subject, ParseState *state) {
    Node *raw = parse_one_value(subject);
    state->p_sourcetext = subject.text;
    add_rows(state, subject);
    Node *expression = transformExpr(state, raw, EXPR_KIND_SELECT_TARGET);

    Refusal refusal{!subject.may_be_set};
    if (refuse_node(expression, &refusal))
        ereport(ERROR, (errcode(refusal.sqlstate), errmsg("%s: %s", refusal.reason, subject.text),
                        refusal.hint != nullptr ? errhint("%s", refusal.hint) : 0,
                        errposition(cursor_position(subject, exprLocation(refusal.node)))));
    // Nodes that look at settings or the clock without naming a function, such as JSON constructors.
    if (contain_mutable_functions(expression))
        ereport(ERROR, (errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
                        errmsg("an expression must be immutable: %s", subject.text), errhint("%s", immutable_hint)));
    refuse_virtual_columns(subject.relation, 1, expression);
    for (int i = 0; i < subject.joined_count; i++)
        refuse_virtual_columns(subject.joined[i].relation, static_cast<Index>(i) + 2, expression);
    return expression;
}

} // namespace

Node *parse_expression(const ExpressionSubject &subject) {
    return with_error_context(subject, [&] {
        ParseState *state = make_parsestate(nullptr);
        Node *expression = analyse(subject, state);
        assign_expr_collations(state, expression);
        return expression;
    });
}

Node *parse_expression_as(const ExpressionSubject &subject, Oid type) {
    return with_error_context(subject, [&] {
        ParseState *state = make_parsestate(nullptr);
        Node *expression = analyse(subject, state);
        Oid given = exprType(expression);
        // Points are numbers of any type; a cast to float8 loses no more than float8 must.
        CoercionContext strength = type == FLOAT8OID ? COERCION_ASSIGNMENT : COERCION_IMPLICIT;
        if (type == FLOAT8OID && TypeCategory(given) != TYPCATEGORY_NUMERIC && given != UNKNOWNOID)
            strength = COERCION_IMPLICIT;
        Node *coerced = coerce_to_target_type(state, expression, given, type, -1, strength, COERCE_IMPLICIT_CAST, -1);
        if (coerced == nullptr)
            ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                            errmsg("%s must be of type %s, not %s: %s", subject.role, format_type_be(type),
                                   format_type_be(given), subject.text),
                            errposition(cursor_position(subject, exprLocation(expression)))));
        Refusal refusal{!subject.may_be_set};
        if (refuse_node(coerced, &refusal))
            ereport(ERROR, (errcode(refusal.sqlstate), errmsg("%s: %s", refusal.reason, subject.text),
                            refusal.hint != nullptr ? errhint("%s", refusal.hint) : 0));
        assign_expr_collations(state, coerced);
        refuse_unequal_equals(subject, coerced);
        return coerced;
    });
}

namespace {

// By which the text of an expression may neither differ nor be read as something else.
constexpr const char *settings_of_text[][2] = {
    {"search_path", "pg_catalog"}, {"DateStyle", "ISO"},    {"IntervalStyle", "postgres"},   {"TimeZone", "UTC"},
    {"extra_float_digits", "1"},   {"bytea_output", "hex"}, {"quote_all_identifiers", "off"}};

} // namespace

char *deparse(const ExpressionSubject &subject, Node *expression) {
    int nest = NewGUCNestLevel();
    for (const auto &setting : settings_of_text)
        set_config_option(setting[0], setting[1], PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
    List *context = NIL;
    if (subject.joined_count == 0) {
        context = deparse_context_for(RelationGetRelationName(subject.relation), RelationGetRelid(subject.relation));
    } else {
        // Only the deparser of plans takes several tables: a plan of nothing but them.
        ParseState *state = make_parsestate(nullptr);
        add_rows(state, subject);
        auto *plan = makeNode(PlannedStmt);
        plan->rtable = state->p_rtable;
        List *names = list_make1(pstrdup(subject.alias));
        for (int i = 0; i < subject.joined_count; i++)
            names = lappend(names, pstrdup(subject.joined[i].alias));
        context = deparse_context_for_plan_tree(plan, names);
    }
    char *text = deparse_expression(expression, context, subject.joined_count > 0, false);
    AtEOXact_GUC(true, nest);
    return text;
}

namespace {

bool is_user_function(Oid function, void *) { return function >= FirstNormalObjectId; }

bool visit_for_surroundings(Node *node, void *context) {
    if (node == nullptr)
        return false;
    // The constraints of a domain are expressions of whoever made it; how a number is written is a setting.
    return IsA(node, CoerceToDomain) || IsA(node, CoerceViaIO) ||
           check_functions_in_node(node, is_user_function, nullptr) ||
           walk_expression(node, visit_for_surroundings, context);
}

} // namespace

bool depends_on_surroundings(Node *expression) { return visit_for_surroundings(expression, nullptr); }

} // namespace leadscore::pg
