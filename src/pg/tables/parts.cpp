#include "pg/tables/parts.hpp"

#include "pg/backend/owner.hpp"
#include "pg/tables/tree.hpp"

namespace leadscore::pg {

namespace {

bool is_followed(Oid relation) {
    constexpr const char *select = R"(
        SELECT FROM leadscore_internal.followed_tables() AS f
        WHERE f::pg_catalog.oid OPERATOR(pg_catalog.=) ANY ($1))";
    Oid types[] = {OIDARRAYOID};
    Datum values[] = {tables_above(relation)};
    bool followed = false;
    as_extension_owner([&] {
        SPI_connect();
        PushActiveSnapshot(GetLatestSnapshot());
        if (SPI_execute_with_args(select, 1, types, values, nullptr, true, 1) != SPI_OK_SELECT)
            elog(ERROR, "reading which tables are followed failed");
        followed = SPI_processed > 0;
        PopActiveSnapshot();
        SPI_finish();
    });
    return followed;
}

// Its second half runs in another transaction, when others have already seen the rows go.
void refuse_concurrent_detach(const AlterTableStmt *statement) {
    bool concurrent = false;
    ListCell *cell = nullptr;
    foreach (cell, statement->cmds) {
        const auto *command = lfirst_node(AlterTableCmd, cell);
        concurrent = concurrent || (command->subtype == AT_DetachPartition &&
                                    reinterpret_cast<PartitionCmd *>(command->def)->concurrent);
    }
    if (!concurrent)
        return;
    Oid relation = RangeVarGetRelid(statement->relation, NoLock, true);
    if (OidIsValid(relation) && is_followed(relation))
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("cannot detach a partition of \"%s\" concurrently: a live score counts its rows",
                               statement->relation->relname),
                        errhint("Detach it without CONCURRENTLY.")));
}

} // namespace

void before_command(const EventTriggerData *event) {
    if (IsA(event->parsetree, AlterTableStmt))
        refuse_concurrent_detach(reinterpret_cast<const AlterTableStmt *>(event->parsetree));
}

void follow_commands() {
    constexpr const char *follow = R"(
        SELECT leadscore_internal.follow_parts(ARRAY(
            SELECT c.objid FROM pg_catalog.pg_event_trigger_ddl_commands() AS c
            WHERE c.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass)))";
    as_extension_owner([&] {
        SPI_connect();
        if (SPI_execute(follow, false, 0) != SPI_OK_SELECT)
            elog(ERROR, "following what tables consist of failed");
        SPI_finish();
    });
}

void read_changed_parts(Datum relations, Tuplestorestate *result, TupleDesc columns) {
    ParamListInfo parameters = makeParamList(1);
    parameters->params[0] = ParamExternData{relations, false, PARAM_FLAG_CONST, OIDARRAYOID};
    SPI_connect();
    PushActiveSnapshot(GetLatestSnapshot());
    SPIExecuteOptions options{};
    options.params = parameters;
    options.read_only = true;
    options.dest = CreateDestReceiver(DestTuplestore);
    SetTuplestoreDestReceiverParams(options.dest, result, CurrentMemoryContext, false, columns, nullptr);
    if (SPI_execute_extended("SELECT * FROM leadscore_internal.changed_parts_in_snapshot($1)", &options) !=
        SPI_OK_SELECT)
        elog(ERROR, "reading what tables consist of failed");
    options.dest->rDestroy(options.dest);
    PopActiveSnapshot();
    SPI_finish();
}

} // namespace leadscore::pg
