#pragma once

#include "pg/backend/kept_plan.hpp"

namespace leadscore::pg {

template <typename Visit> struct RowVisitor {
    DestReceiver receiver;
    Visit *visit;
    bool stopped;
};

// Calls visit(slot) for each row of a query, of which the session keeps the plan, until it returns false. Returns
// whether it never did. Errors jump past what visit refers to.
template <typename Visit>
bool each_row(const char *query, const Parameter *parameters, int parameter_count, Visit visit) {
    using Visitor = RowVisitor<Visit>;
    Visitor visitor{};
    visitor.receiver.receiveSlot = [](TupleTableSlot *slot, DestReceiver *self) {
        auto *mine = reinterpret_cast<Visitor *>(self);
        mine->stopped = !(*mine->visit)(slot);
        return !mine->stopped;
    };
    visitor.receiver.rStartup = [](DestReceiver *, int, TupleDesc) {};
    visitor.receiver.rShutdown = [](DestReceiver *) {};
    visitor.receiver.rDestroy = [](DestReceiver *) {};
    // SPI looks at it: what goes nowhere is no query to it.
    visitor.receiver.mydest = DestTuplestore;
    visitor.visit = &visit;
    SPI_connect();
    if (execute_kept(query, parameters, parameter_count, &visitor.receiver) != SPI_OK_SELECT)
        elog(ERROR, "reading rows failed");
    SPI_finish();
    return !visitor.stopped;
}

} // namespace leadscore::pg
