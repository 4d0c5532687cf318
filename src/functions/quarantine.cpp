#include "pg/guard.hpp"
#include "pg/postgres.hpp"

// quarantine_horizon() → xid8: every transaction of this database before it is over, and no snapshot before it is in
// use here. Of other databases none can have missed a mark: asking for a plain table leaves them out.
LEADSCORE_FUNCTION(quarantine_horizon) {
    (void)fcinfo;
    Relation plain =
        table_open(get_relname_relid("incident", get_namespace_oid("leadscore_internal", false)), AccessShareLock);
    TransactionId oldest = GetOldestNonRemovableTransactionId(plain);
    table_close(plain, AccessShareLock);
    FullTransactionId next = ReadNextFullTransactionId();
    uint32 epoch = EpochFromFullTransactionId(next);
    if (oldest > XidFromFullTransactionId(next))
        epoch--;
    PG_RETURN_FULLTRANSACTIONID(FullTransactionIdFromEpochAndXid(epoch, oldest));
}

// in_use(relation) → boolean: whether a statement of this session that uses the table has not come to its end, so that
// rows of it can be seen whose triggers have not fired. NULL where another session keeps readers out of the table.
LEADSCORE_FUNCTION(in_use) {
    Oid table = PG_GETARG_OID(0);
    if (!ConditionalLockRelationOid(table, AccessShareLock))
        PG_RETURN_NULL();
    Relation relation = try_relation_open(table, NoLock);
    bool used = relation != nullptr && relation->rd_refcnt > 1;
    if (relation != nullptr)
        relation_close(relation, NoLock);
    UnlockRelationOid(table, AccessShareLock);
    PG_RETURN_BOOL(used);
}
