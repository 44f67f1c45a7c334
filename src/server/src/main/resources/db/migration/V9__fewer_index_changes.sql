-- What is not scheduled has no due time, so the state need not be in the key, where every change of it costs.
ALTER TABLE task DROP KEY by_due, ADD KEY by_due (due);
