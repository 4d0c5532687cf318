#include "pg/guard.hpp"
#include "pg/postgres.hpp"

// quarantine_horizon() → xid8: every transaction before it is over, and no snapshot before it is in use here.
LEADSCORE_FUNCTION(quarantine_horizon) {
    (void)fcinfo;
    TransactionId oldest = GetOldestNonRemovableTransactionId(nullptr);
    FullTransactionId next = ReadNextFullTransactionId();
    uint32 epoch = EpochFromFullTransactionId(next);
    if (oldest > XidFromFullTransactionId(next))
        epoch--;
    PG_RETURN_FULLTRANSACTIONID(FullTransactionIdFromEpochAndXid(epoch, oldest));
}
