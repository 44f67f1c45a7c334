package io.carillon.upload;

/** Where an upload stands. Contract: openai-batch 8. */
public enum UploadState {
    PENDING("pending"),
    COMPLETED("completed"),
    CANCELLED("cancelled"),
    EXPIRED("expired");

    private final String text;

    UploadState(String text) {
        this.text = text;
    }

    /** As it is on the wire and in the database. */
    public String text() {
        return text;
    }

    static UploadState of(String text) {
        for (UploadState state : values()) {
            if (state.text.equals(text)) {
                return state;
            }
        }
        throw new IllegalArgumentException("No state of an upload: " + text);
    }
}
