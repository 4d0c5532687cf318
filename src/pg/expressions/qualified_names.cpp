#include "pg/expressions/qualified_names.hpp"

namespace leadscore::pg {

namespace {

struct Search {
    const char *text;
    List *found;
};

// The token of the schema and the dot behind it, as bytes from the start of the text; the grammar says where the name
// begins, and how many tokens stand before it.
bool find_schema(const char *text, int tokens_before, int *begin, int *end) {
    core_yy_extra_type extra;
    core_YYSTYPE value;
    YYLTYPE at = 0;
    core_yyscan_t scanner = scanner_init(text, &extra, &ScanKeywords, ScanKeywordTokens);
    for (int i = 0; i <= tokens_before; i++)
        core_yylex(&value, &at, scanner);
    *begin = at;
    bool found = core_yylex(&value, &at, scanner) == '.';
    *end = at;
    scanner_finish(scanner);
    return found;
}

void add_name(Search *search, const char *kind, List *name, int location, int tokens_before) {
    if (list_length(name) < 2 || location < 0)
        return;
    const char *schema = strVal(linitial(name));
    // What SQL spells without a schema, such as AT TIME ZONE, has this one.
    if (strcmp(schema, "pg_catalog") == 0)
        return;
    int begin = 0;
    int end = 0;
    if (!find_schema(search->text + location, tokens_before, &begin, &end))
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("it cannot be told where schema \"%s\" is named in: %s", schema, search->text),
                        errhint("Write the name of the schema without an escape.")));
    auto *found = static_cast<QualifiedName *>(palloc(sizeof(QualifiedName)));
    found->kind = kind;
    found->schema = schema;
    found->name = strVal(lsecond(name));
    found->at = pg_mbstrlen_with_len(search->text, location + begin);
    found->length = pg_mbstrlen_with_len(search->text + location + begin, end - begin);
    search->found = lappend(search->found, found);
}

// 'crm.english'::regconfig
void add_literal(Search *search, const TypeCast *cast) {
    if (!IsA(cast->arg, A_Const) || cast->typeName->names == NIL)
        return;
    const auto *constant = reinterpret_cast<const A_Const *>(cast->arg);
    if (constant->isnull || !IsA(&constant->val, String) ||
        strncmp(strVal(llast(cast->typeName->names)), "reg", 3) != 0)
        return;
    auto *found = static_cast<QualifiedName *>(palloc0(sizeof(QualifiedName)));
    found->kind = "literal";
    found->name = strVal(&constant->val);
    search->found = lappend(search->found, found);
}

bool add_names(Node *node, void *argument) {
    if (node == nullptr)
        return false;
    auto *search = static_cast<Search *>(argument);
    switch (nodeTag(node)) {
    case T_FuncCall: {
        auto *call = reinterpret_cast<FuncCall *>(node);
        add_name(search, "function", call->funcname, call->location, 0);
        break;
    }
    case T_TypeName: {
        auto *type = reinterpret_cast<TypeName *>(node);
        add_name(search, "type", type->names, type->location, 0);
        break;
    }
    case T_TypeCast:
        add_literal(search, reinterpret_cast<TypeCast *>(node));
        break;
    case T_A_Expr: { // OPERATOR(crm.=)
        auto *expression = reinterpret_cast<A_Expr *>(node);
        add_name(search, "operator", expression->name, expression->location, 2);
        break;
    }
    case T_CollateClause: { // COLLATE crm.german
        auto *clause = reinterpret_cast<CollateClause *>(node);
        add_name(search, "collation", clause->collname, clause->location, 1);
        break;
    }
    case T_ColumnRef: { // crm.lead.id, but not through.id
        auto *column = reinterpret_cast<ColumnRef *>(node);
        if (list_length(column->fields) == 3)
            add_name(search, "column", column->fields, column->location, 0);
        break;
    }
    default:
        break;
    }
    return walk_raw_expression(node, add_names, argument);
}

void add_expression_to_error(void *text) {
    int position = geterrposition();
    if (position > 0) {
        errposition(0);
        internalerrposition(position);
    }
    internalerrquery(static_cast<const char *>(text));
}

} // namespace

List *qualified_names(const char *expression) {
    ErrorContextCallback context;
    context.callback = add_expression_to_error;
    context.arg = const_cast<char *>(expression);
    context.previous = error_context_stack;
    error_context_stack = &context;
    Search search{expression, NIL};
    List *statements = raw_parser(expression, RAW_PARSE_PLPGSQL_EXPR);
    add_names(linitial_node(RawStmt, statements)->stmt, &search);
    error_context_stack = context.previous;
    return search.found;
}

} // namespace leadscore::pg
