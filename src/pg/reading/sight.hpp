#pragma once

#include "pg/backend/kept.hpp"

namespace leadscore::pg {

// What the active snapshot shows; as long as it is the same, an answer to a question can be kept. A copied snapshot
// does not know how many transactions had ended, but of those before xmax fewer and fewer are under way. What a table
// consists of does not hang on the snapshot.
struct Sight {
    TimestampTz transaction;
    SubTransactionId subtransaction;
    CommandId command;
    TransactionId xmin;
    TransactionId xmax;
    uint32 transactions_under_way;
    int32 subtransactions_under_way;
    uint64 generation; // of the tables

    bool operator==(const Sight &) const = default;
};

inline Sight present_sight() {
    Snapshot snapshot = GetActiveSnapshot();
    return Sight{GetCurrentTransactionStartTimestamp(),
                 GetCurrentSubTransactionId(),
                 snapshot->curcid,
                 snapshot->xmin,
                 snapshot->xmax,
                 snapshot->xcnt,
                 snapshot->subxcnt,
                 kept_generation()};
}

} // namespace leadscore::pg
