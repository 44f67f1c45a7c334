-- Nobody asks which batches have a file as their input.
ALTER TABLE batch DROP KEY by_input;
