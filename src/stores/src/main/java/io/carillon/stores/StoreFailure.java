package io.carillon.stores;

/** A store could not be started, reached or stopped. The message is one line for whoever runs it. */
public class StoreFailure extends RuntimeException {
    public StoreFailure(String message) {
        super(message);
    }

    public StoreFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
