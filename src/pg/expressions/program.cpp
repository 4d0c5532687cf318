#include "pg/expressions/program.hpp"

#include "pg/backend/owner.hpp"
#include "pg/backend/result_row.hpp"
#include "pg/backend/subtransaction.hpp"
#include "pg/expressions/expression.hpp"
#include "pg/tables/tree.hpp"

namespace leadscore::pg {

namespace {

// Compiles expressions of one relation and notes on the way what they call.
struct Compiler {
    Relation relation;
    Program *program;

    ExprState *compile(const char *text, Oid type, const char *role) const {
        if (text == nullptr)
            return nullptr;
        ExpressionSubject subject{relation, text, role};
        Node *expression = parse_expression_as(subject, type);
        program->depends_on_surroundings = program->depends_on_surroundings || depends_on_surroundings(expression);
        return ExecInitExpr(expression_planner(reinterpret_cast<Expr *>(expression)), nullptr);
    }
};

// One row of the query below, in plain C.
struct BranchText {
    const char *occurred_at;
    const char *filter;
    Oid owner;
    Oid owner_now;
    int link_count;
    char **link_keys;
    char **link_filters;
    int term_count;
    char **rules;
    char **points;
    char **term_filters;
};

constexpr const char *published_branches = R"(
    SELECT c.id, s.id, c.on_error = 'fail' AND NOT c.building, c.pending::pg_catalog.oid, e.key_type::pg_catalog.oid,
           b.occurred_at, b.filter, b.owner::pg_catalog.oid, b.link_keys, b.link_filters,
           t.rules, t.points, t.filters,
           pg_catalog.dense_rank() OVER (ORDER BY s.id, c.building, e.id)::pg_catalog.int4 - 1, c.building,
           (extract(epoch FROM c.ahead) * 1000000)::pg_catalog.int8,
           b.relation::pg_catalog.oid, cl.relowner, c.counted,
           b.id, coalesce(b.records::pg_catalog.oid, 0), coalesce(b.criterion, 0), b.occurred_at = leadscore_internal.ever(),
           b.at_most IS NOT NULL
    FROM leadscore_internal.branch AS b
    JOIN leadscore_internal.component AS c ON c.id = b.component
    JOIN leadscore_internal.score AS s ON s.id = c.score
    JOIN leadscore_internal.entity AS e ON e.id = c.entity
    JOIN pg_catalog.pg_class AS cl ON cl.oid = b.relation
    CROSS JOIN LATERAL (SELECT pg_catalog.array_agg(t.rule ORDER BY t.id) AS rules,
                               pg_catalog.array_agg(t.points ORDER BY t.id) AS points,
                               pg_catalog.array_agg(t.filter ORDER BY t.id) AS filters
                        FROM leadscore_internal.term AS t WHERE t.branch = b.id) AS t
    WHERE b.source = $1 AND b.relation = ANY ($2) AND (s.state = 'live' OR c.building)
      AND b.lookups = '{}' AND NOT EXISTS (SELECT FROM leadscore_internal.joined_link AS j WHERE j.branch = b.id)
    ORDER BY s.id, c.building, e.id, c.id)";

char **texts(const ResultRow &row, int column, int *count) {
    const NullableDatum value = row.value(column);
    *count = 0;
    if (value.isnull)
        return nullptr;
    Datum *elements = nullptr;
    bool *nulls = nullptr;
    deconstruct_array(DatumGetArrayTypeP(value.value), TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, count);
    auto **found = static_cast<char **>(palloc0(sizeof(char *) * static_cast<size_t>(Max(*count, 1))));
    for (int i = 0; i < *count; i++)
        found[i] = nulls[i] ? nullptr : TextDatumGetCString(elements[i]);
    return found;
}

BranchText read_branch(const ResultRow &row, Branch *branch) {
    branch->component = row.integer(1);
    branch->score = row.integer(2);
    branch->fails = row.flag(3);
    branch->pending = row.oid(4);
    branch->key_type = row.oid(5);
    branch->group = row.integer(14);
    branch->building = row.flag(15);
    branch->ahead = row.long_integer(16);
    branch->root = row.oid(17);
    branch->counted = row.flag(19);
    branch->number = row.integer(20);
    branch->records = row.oid(21);
    branch->criterion = row.integer(22);
    branch->is_timeless = row.flag(23);
    branch->marks = row.flag(24);
    BranchText text{};
    text.occurred_at = row.string(6);
    text.filter = row.string(7);
    text.owner = row.oid(8);
    text.link_keys = texts(row, 9, &text.link_count);
    text.link_filters = texts(row, 10, &text.link_count);
    text.rules = texts(row, 11, &text.term_count);
    text.points = texts(row, 12, &text.term_count);
    text.term_filters = texts(row, 13, &text.term_count);
    text.owner_now = row.oid(18);
    return text;
}

void compile_branch(const Compiler &compiler, const BranchText &text, Branch *branch) {
    if (text.owner_now != text.owner)
        ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                        errmsg("table \"%s\" has another owner than when the score was published",
                               get_rel_name(branch->root))));
    branch->occurred_at = compiler.compile(text.occurred_at, TIMESTAMPTZOID, "time of the source");
    branch->filter = compiler.compile(text.filter, BOOLOID, "filter of the source");

    TypeCacheEntry *key = lookup_type_cache(branch->key_type, TYPECACHE_EQ_OPR_FINFO | TYPECACHE_CMP_PROC_FINFO);
    branch->key_length = key->typlen;
    branch->key_by_value = key->typbyval;
    branch->key_is_int4 = branch->key_type == INT4OID;
    branch->key_is_int8 = branch->key_type == INT8OID;
    branch->key_equality = &key->eq_opr_finfo;
    branch->key_order = &key->cmp_proc_finfo;
    branch->key_collation = key->typcollation;
    branch->link_count = text.link_count;
    branch->links = static_cast<Link *>(palloc0(sizeof(Link) * static_cast<size_t>(text.link_count)));
    for (int i = 0; i < text.link_count; i++) {
        branch->links[i].key = compiler.compile(text.link_keys[i], branch->key_type, "key of the link");
        branch->links[i].filter = compiler.compile(text.link_filters[i], BOOLOID, "filter of the link");
    }
    branch->term_count = text.term_count;
    branch->terms = static_cast<Term *>(palloc0(sizeof(Term) * static_cast<size_t>(text.term_count)));
    for (int i = 0; i < text.term_count; i++) {
        branch->terms[i].rule = pstrdup(text.rules[i]);
        branch->terms[i].points = compiler.compile(text.points[i], FLOAT8OID, "points of the rule");
        branch->terms[i].filter = compiler.compile(text.term_filters[i], BOOLOID, "filter of the rule");
    }
}

// A trigger on another table than the source's is inert: a restored one may carry the number of another source.
// A writer with an old snapshot must follow what is published now: its triggers are those of now, too.
void load_branches(Program *program, Relation relation) {
    Oid types[] = {INT4OID, OIDARRAYOID};
    Datum values[] = {Int32GetDatum(program->source), tables_above(program->relation)};
    SPI_connect();
    PushActiveSnapshot(GetLatestSnapshot());
    int result = SPI_execute_with_args(published_branches, 2, types, values, nullptr, true, 0);
    if (result != SPI_OK_SELECT)
        elog(ERROR, "reading the published rules failed: %s", SPI_result_code_string(result));

    MemoryContext spi_context = MemoryContextSwitchTo(program->context);
    program->branch_count = static_cast<int>(SPI_processed);
    program->branches = static_cast<Branch *>(palloc0(sizeof(Branch) * Max(SPI_processed, 1)));
    Compiler compiler{relation, program};
    for (int i = 0; i < program->branch_count; i++) {
        Branch *branch = &program->branches[i];
        BranchText text = read_branch(ResultRow(static_cast<uint64>(i)), branch);
        program->group_count = branch->group + 1;
        program->owner = text.owner_now;
        CaughtError error;
        // Planning evaluates what is constant, so it has the rights of the table's owner, too.
        auto compile = [&] { as_table_owner(text.owner_now, [&] { compile_branch(compiler, text, branch); }); };
        bool compiled = in_subtransaction(compile, &error, program->context);
        if (!compiled) {
            throw_on_passing(error);
            branch->problem = error.data->message;
            branch->problem_sqlstate = error.data->sqlerrcode;
        }
    }
    MemoryContextSwitchTo(spi_context);
    PopActiveSnapshot();
    SPI_finish();
}

// The owner of a partition is not the one whose rights its rows are evaluated with, so the roots are followed, too.
void follow_tables(Program *program) {
    program->tables = static_cast<Oid *>(
        MemoryContextAlloc(program->context, sizeof(Oid) * static_cast<size_t>(1 + program->branch_count)));
    program->tables[program->table_count++] = program->relation;
    for (int i = 0; i < program->branch_count; i++)
        program->tables[program->table_count++] = program->branches[i].root;
}

} // namespace

Program *acquire_program(int source, Relation relation) {
    const KeptKey key{KeptKind::program, source, RelationGetRelid(relation)};
    return acquire_kept<Program>(key, [&](MemoryContext context) {
        auto *program = static_cast<Program *>(MemoryContextAllocZero(context, sizeof(Program)));
        program->source = source;
        program->relation = RelationGetRelid(relation);
        program->context = context;
        as_extension_owner([&] { load_branches(program, relation); });
        follow_tables(program);
        return program;
    });
}

} // namespace leadscore::pg
