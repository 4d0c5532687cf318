#include "pg/backend/guard.hpp"
#include "pg/tables/tree.hpp"

using namespace leadscore::pg;

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

// in_use(relation) → boolean: whether a statement of this session that uses the table, or a partition or child of it,
// has not come to its end, so that rows of it can be seen whose triggers have not fired. NULL where another session
// keeps readers out of one.
LEADSCORE_FUNCTION(in_use) {
    Use use = use_of_tree(PG_GETARG_OID(0));
    if (use == Use::unknown)
        PG_RETURN_NULL();
    PG_RETURN_BOOL(use == Use::some);
}
