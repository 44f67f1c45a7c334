package io.carillon.worker.command;

/** How the command ends. */
final class ExitCode {
    /** It was told to stop or to drain, or has done {@code --max-runs} tasks. */
    static final int OK = 0;
    /** It could not start: the server does not answer, refuses the key, or does not know a queue; or the child does not start. */
    static final int NOT_STARTED = 1;
    /** The flags, the environment or the file are wrong. */
    static final int USAGE = 2;
    /** Too many errors in a row. */
    static final int ERRORS = 3;
    /** The child process died again and again. */
    static final int CHILD = 4;

    private ExitCode() {}
}
