-- After a write, called :what: exact before any fold, and when all of it is folded, what was marked after its quarantine.
SELECT proof.ask_oracle() \g /dev/null
SELECT proof.compare(:'what');
CALL leadscore.tick();
CALL leadscore.tick();
SELECT proof.compare(:'what' || ', folded');
