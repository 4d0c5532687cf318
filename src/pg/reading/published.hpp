#pragma once

#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// Of a score for one kind of entities, as the snapshot has it: a text that is another one when what is published is
// another, or the entity, its table's owner, or a name. Of other names in a query, kept_generation() tells.
char *published_version(int score, int entity);

} // namespace leadscore::pg
