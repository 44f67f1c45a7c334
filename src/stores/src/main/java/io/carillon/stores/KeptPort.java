package io.carillon.stores;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.IntConsumer;

/** The port of a store, kept in its directory, so that it comes back where its clients look for it. */
record KeptPort(Path file) {
    private static final int TRIES = 3;

    static KeptPort of(Path directory) {
        return new KeptPort(directory.resolve("port"));
    }

    /**
     * Starts something on the kept port, or on another one when there is none yet or somebody else has it by now.
     *
     * @return the port on which the start succeeded
     */
    int use(IntConsumer start) {
        int kept = read();
        for (int tries = 1; ; tries++) {
            int port = tries == 1 && kept > 0 && FreePort.free(kept) ? kept : FreePort.find();
            try {
                start.accept(port);
                Files.writeString(file, port + "\n");
                return port;
            } catch (StoreFailure failure) {
                if (tries == TRIES || FreePort.free(port)) {
                    throw failure;
                }
                // somebody took the port between our look and the start
            } catch (IOException e) {
                throw new StoreFailure("Cannot write " + file + ": " + e.getMessage(), e);
            }
        }
    }

    private int read() {
        try {
            return Files.exists(file) ? Integer.parseInt(Files.readString(file).strip()) : 0;
        } catch (IOException | NumberFormatException unusable) {
            return 0;
        }
    }
}
