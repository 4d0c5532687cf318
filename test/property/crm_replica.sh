#!/usr/bin/env bash
# Replicas of Salesforce and HubSpot: text ids without constraints, dates, two kinds of members, rows written again as they are.
source "$(dirname -- "${BASH_SOURCE[0]}")/../crm/run.sh"
prove_crm replicas replica.sql proof.sql replica_scores.sql replica_writes.sql
