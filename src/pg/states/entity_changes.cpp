#include "pg/states/entity_changes.hpp"

#include "core/rank.hpp"
#include "pg/backend/time_datum.hpp"
#include "pg/backend/type_datum.hpp"

namespace leadscore::pg {

EntityChanges no_changes() {
    return {AllocSetContextCreate(CurrentMemoryContext, "pg_leadscore key", ALLOCSET_SMALL_SIZES), 0,
            growing_array<core::Change>()};
}

void begin(EntityChanges *entity, Datum key, bool key_by_value, int16 key_length) {
    MemoryContextReset(entity->context);
    MemoryContext caller = MemoryContextSwitchTo(entity->context);
    entity->key = datumCopy(key, key_by_value, key_length);
    MemoryContextSwitchTo(caller);
    entity->changes.count = 0;
}

RankedState changed(decltype(core::merge) *change, const FoldedComponent &component, const core::State &before,
                    const EntityChanges &entity, TimestampTz instant) {
    return guarded([&] {
        const core::Decay decay = decay_of(component.decay);
        const core::Merged after =
            change(decay, before, {entity.changes.items, static_cast<std::size_t>(entity.changes.count)},
                   instant_of(instant, "instant"));
        RankedState state{after.state, core::rank_of(decay, after.state), after.recompute};
        if (state.rank.has_value() && *state.rank < component.least_rank)
            state.rank.reset();
        return state;
    });
}

} // namespace leadscore::pg
