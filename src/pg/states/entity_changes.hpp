#pragma once

#include "pg/backend/growing_array.hpp"
#include "pg/states/folded_component.hpp"
#include "pg/states/state_table.hpp"

namespace leadscore::pg {

// What changes the state of an entity; used for one entity after the other.
struct EntityChanges {
    MemoryContext context; // of the key
    Datum key;
    GrowingArray<core::Change> changes;
};

EntityChanges no_changes();

// From here on those of another entity.
void begin(EntityChanges *entity, Datum key, bool key_by_value, int16 key_length);

// What core::merge or core::correct makes of a state.
RankedState changed(decltype(core::merge) *change, const FoldedComponent &component, const core::State &before,
                    const EntityChanges &entity, TimestampTz instant);

} // namespace leadscore::pg
