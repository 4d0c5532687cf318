#!/usr/bin/env bash
# EspoCRM's shape: soft deletes, parents by type and id, lists of attendees, UTC without a zone. See test/crm/README.md.
source "$(dirname -- "${BASH_SOURCE[0]}")/../crm/run.sh"
prove_crm EspoCRM espocrm.sql espocrm.expect.sql proof.sql espocrm_scores.sql espocrm_writes.sql
