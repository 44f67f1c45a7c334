package io.carillon.file;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;

/** A file for a batch that is nothing of the kind. */
public class NotJsonLines extends Refused {
    private static final long serialVersionUID = 1L;

    NotJsonLines() {
        super(Reason.INVALID, "Invalid file format for Batch API. Must be .jsonl");
    }
}
