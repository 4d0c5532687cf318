#!/usr/bin/env bash
# Two tenants of a CRM like Twenty, a schema each: uuid keys, quoted names, soft deletes, participants matched late.
source "$(dirname -- "${BASH_SOURCE[0]}")/../crm/run.sh"
prove_crm workspaces workspaces.sql proof.sql workspaces_scores.sql workspaces_writes.sql
