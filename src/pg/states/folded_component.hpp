#pragma once

#include "pg/expressions/program.hpp"

namespace leadscore::pg {

// A component, as folds know it.
struct FoldedComponent : Component {
    Oid states;
    Oid key_type;
    Datum decay;
    int32 least_rank;
};

FoldedComponent read_component(int number);

} // namespace leadscore::pg
