package io.carillon.platform.blob;

import java.io.IOException;

/** The store does not have this blob, or has it no more. */
public class NoSuchBlob extends IOException {
    private static final long serialVersionUID = 1L;

    public NoSuchBlob(String id, Throwable cause) {
        super("There is no blob " + id, cause);
    }
}
