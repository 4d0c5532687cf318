CALL leadscore.tick();
