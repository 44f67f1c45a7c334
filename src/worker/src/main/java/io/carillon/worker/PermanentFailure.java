package io.carillon.worker;

/** A task failed and would fail again. It ends with a status and a message instead of being tried again. */
public class PermanentFailure extends Exception {
    private static final long serialVersionUID = 1L;
    private static final int SERVER_ERROR = 500;

    private final transient Result result;

    /** Ends the task with status 500. */
    public PermanentFailure(String message) {
        this(SERVER_ERROR, message);
    }

    /** @param status what the task's caller gets, such as 422 */
    public PermanentFailure(int status, String message) {
        super(message);
        this.result = Result.error(status, message);
    }

    Result result() {
        return result;
    }
}
