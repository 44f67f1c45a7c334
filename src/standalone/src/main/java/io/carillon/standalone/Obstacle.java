package io.carillon.standalone;

/** What keeps Carillon from starting. The message is one line that says what is wrong and what to do. */
public class Obstacle extends RuntimeException {
    private static final long serialVersionUID = 1;

    public Obstacle(String message) {
        super(message.lines().findFirst().orElse("").strip());
    }
}
